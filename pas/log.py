"""What is written down of the service's work: on stderr, one line an event, and never the values of variables."""

import sys
from typing import Any

import structlog

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
    logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
)


def logger(name: str) -> Any:
    """Give a log. An error is told with the way to it, but without the locals, which may hold passwords and keys."""
    return structlog.get_logger(logger_name=name)
