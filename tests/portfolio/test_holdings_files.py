"""Files of holdings as people make them: nothing is lost in silence, every refusal is a DataError."""

from __future__ import annotations

from decimal import Decimal

import pytest

from foretune.errors import DataError
from foretune.portfolio.holdings import Holding, Holdings, read_holdings


@pytest.mark.parametrize(
    "body",
    [
        b"symbol,quantity\nBTC,1\xff\n",  # no UTF-8
        b"symbol,quantity\nBTC,1,2\n",  # "1,2" meant as 1.2: the 2 must not vanish
        b"symbol,quantity\nBTC,1\nETH,2,3\n",
    ],
)
def test_wrong_bytes_and_wrong_cells_are_data_errors(tmp_path, body):
    path = tmp_path / "book.csv"
    path.write_bytes(body)
    with pytest.raises(DataError):
        read_holdings(path)


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path):
    """Excel writes one into every CSV it calls UTF-8."""
    path = tmp_path / "book.csv"
    path.write_bytes(b"\xef\xbb\xbfsymbol,quantity\nBTC,1\n")
    assert read_holdings(path).positions[0].symbol == "BTC"


def test_a_symbol_twice_is_refused_by_holdings_too():
    """weights() would keep the last of the two and so lose money in silence."""
    held = [Holding(symbol="BTC", quantity=Decimal(q)) for q in (1, 2)]
    with pytest.raises(ValueError, match="BTC"):
        Holdings(positions=held)


def test_a_position_called_cash_is_refused():
    """weights() would overwrite its value with the cash of the account."""
    with pytest.raises(ValueError, match="cash"):
        Holdings(positions=[Holding(symbol="cash", quantity=Decimal(5))], cash=Decimal(10))
