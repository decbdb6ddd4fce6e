"""Labels lie where the sheet has them, to the tenth of a millimetre, and a camera reads them."""

import pypdfium2
import pytest
import zxingcpp

from lifecycle.label_sheet import STOCKS, BeyondSheet, NoLabels, Plate, StockName, pages, sheet, zpl

_POINTS_A_MM = 72 / 25.4


def plates(count: int) -> list[Plate]:
    return [
        Plate(f"https://pas.example/p/01/05410000000019/21/LP30-{n:04}", "Laser projector", f"LP30-{n:04}", "Maker")
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("stock", list(StockName))
def test_no_label_lies_off_its_sheet_or_on_another(stock: StockName) -> None:
    size = STOCKS[stock]

    for page in pages(plates(130), size, 1):
        corners = {(one["x"], one["y"]) for one in page}
        assert len(corners) == len(page)
        assert max(x for x, _ in corners) + size.width <= size.page_width
        assert max(y for _, y in corners) + size.height <= size.page_height
    assert size.across >= size.width
    assert size.down >= size.height


def test_a_begun_sheet_goes_on_at_its_first_free_label() -> None:
    size = STOCKS[StockName.L7160]

    first, second = pages(plates(20), size, 5)

    assert (first[0]["x"], first[0]["y"]) == pytest.approx((7.21 + 66.04, 15.15 + 38.1), abs=0.01)
    assert (len(first), len(second)) == (17, 3)


@pytest.mark.parametrize("stock", list(StockName))
def test_a_camera_reads_every_label_where_it_lies(stock: StockName) -> None:
    count, size = (1, STOCKS[stock]) if stock is StockName.ROLL else (7, STOCKS[stock])
    wanted = plates(count)

    page = pypdfium2.PdfDocument(sheet(wanted, stock=stock))[0]
    width, height = page.get_size()
    read = zxingcpp.read_barcodes(page.render(scale=4).to_pil())

    assert (width / _POINTS_A_MM, height / _POINTS_A_MM) == pytest.approx((size.page_width, size.page_height), abs=0.1)
    assert {one.text for one in read} == {one.address for one in wanted}
    for one in read:
        place = next(number for number, plate in enumerate(wanted) if plate.address == one.text)
        row, column = divmod(place, size.columns)
        left, top = (edge / 4 / _POINTS_A_MM for edge in (one.position.top_left.x, one.position.top_left.y))
        assert 0 <= left - (size.left + column * size.across) <= size.width / 2
        assert 0 <= top - (size.top + row * size.down) <= size.height / 2


def test_a_label_printer_is_told_each_label_and_no_word_is_taken_for_an_order() -> None:
    odd = Plate("https://pas.example/p/x_1", "Chair ^XZ ~JA", "A^1", "Maker")

    told = zpl([*plates(2), odd], stock=StockName.ROLL)

    assert told.count("^XA") == told.count("^XZ") == 3
    assert "~" not in told
    assert "^PW400^LL200" in told
    assert "MA,https://pas.example/p/01/05410000000019/21/LP30-0001^FS" in told
    assert "A_5E1" in told


def test_nothing_and_beyond_the_sheet_are_refused() -> None:
    with pytest.raises(NoLabels):
        sheet([], stock=StockName.L7160)
    with pytest.raises(BeyondSheet, match="21 labels"):
        sheet(plates(1), stock=StockName.L7160, first=22)
