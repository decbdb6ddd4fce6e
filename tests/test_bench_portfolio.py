"""The measurement of the portfolio runs, and its roads agree."""

import json

from typer.testing import CliRunner

from pas.cli import app


def test_every_road_gives_plain_numpys_figures() -> None:
    done = CliRunner().invoke(
        app, ["bench", "portfolio", "--things", "3000", "--scenarios", "200", "--rounds", "1", "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    roads = {road["road"]: road for road in told["roads"]}
    assert list(roads) == ["general", "market only", "collapsed", "plain numpy"]
    assert max(roads[name]["greatest_difference"] for name in list(roads)[:3]) < 1e-9
    assert told["spread"]["p10"] < told["spread"]["p50"] < told["spread"]["p90"]
