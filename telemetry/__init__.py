"""What is measured: metrics, readings, their units and their rollups. An asset is only an id here."""
