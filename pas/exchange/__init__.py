"""The doors for files: import and export of every kind as csv, xlsx and parquet.

`import_rows` takes a file within a transaction, `import_file` takes it with transactions of its own (readings are
kept batch by batch, so that an import that was killed goes on where it stopped), `export_rows` gives a file.
"""

from pas.exchange.export_rows import export_rows
from pas.exchange.import_file import import_file
from pas.exchange.import_rows import import_rows
from pas.exchange.kind import Options
from pas.exchange.report import ImportReport

__all__ = ["ImportReport", "Options", "export_rows", "import_file", "import_rows"]
