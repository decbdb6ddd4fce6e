"""Tables written as csv or Arrow while they are being read, so that the longest answer takes little memory."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
from fastapi.responses import StreamingResponse
from pyarrow import csv

from pas.api.form import MEDIA, Form


def streamed(frames: Iterable[pd.DataFrame], *, schema: pa.Schema, form: Form, name: str) -> StreamingResponse:
    """Answer with a file of the columns of a schema; `name` is what a browser calls it."""
    ending = {Form.CSV: "csv", Form.ARROW: "arrows"}[form]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return StreamingResponse(written(frames, schema, form), media_type=MEDIA[form], headers=headers)


def written(frames: Iterable[pd.DataFrame], schema: pa.Schema, form: Form) -> Iterator[bytes]:
    """Give the file in pieces, each as soon as its rows are known."""
    sink = io.BytesIO()
    with _writer(sink, schema, form) as writer:
        for frame in frames:
            columns = [pa.array(frame[field.name], type=field.type, from_pandas=True) for field in schema]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            yield _taken(sink)
    yield _taken(sink)


def _writer(sink: io.BytesIO, schema: pa.Schema, form: Form) -> Any:
    if form is Form.ARROW:
        return pa.ipc.new_stream(sink, schema)
    sink.write((",".join(schema.names) + "\n").encode())
    return csv.CSVWriter(sink, schema, write_options=csv.WriteOptions(include_header=False, quoting_style="needed"))


def _taken(sink: io.BytesIO) -> bytes:
    piece = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return piece
