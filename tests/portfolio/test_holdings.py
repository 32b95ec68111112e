"""Weights say exactly what is held, and a file of holdings that is wrong names its line."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.errors import DataError
from foretune.portfolio.holdings import Holding, Holdings, read_holdings


def book(cash="0", **quantities):
    positions = [Holding(symbol=symbol, quantity=Decimal(quantity)) for symbol, quantity in quantities.items()]
    return Holdings(positions=positions, cash=Decimal(cash))


def test_weights_by_hand():
    # 0.5 × 60,000 + 10 × 3,000 + 40,000 = 100,000
    weights = book("40000", BTC="0.5", ETH="10").weights({"BTC": Decimal(60_000), "ETH": Decimal(3_000)})
    assert weights == {"BTC": Decimal("0.3"), "ETH": Decimal("0.3"), "cash": Decimal("0.4")}


def test_a_short_position_has_a_negative_weight_and_nothing_is_clipped():
    # 150 cash, of which 50 belong to whoever lent the asset: equity is 100
    assert book("150", BTC="-1").weights({"BTC": Decimal(50)}) == {"BTC": Decimal("-0.5"), "cash": Decimal("1.5")}


def test_borrowed_money_is_negative_cash():
    assert book("-100", BTC="2").weights({"BTC": Decimal(100)}) == {"BTC": Decimal(2), "cash": Decimal(-1)}


def test_only_cash():
    assert book("10").weights({}) == {"cash": Decimal(1)}


amounts = st.decimals("0.00000001", "1000000", places=8)


@given(held=st.lists(st.tuples(amounts, amounts), max_size=8), cash=amounts)
def test_weights_sum_to_one(held, cash):
    names = [f"A{number}" for number in range(len(held))]
    holdings = Holdings(
        positions=[Holding(symbol=n, quantity=q) for n, (q, _) in zip(names, held, strict=True)], cash=cash
    )
    weights = holdings.weights({n: price for n, (_, price) in zip(names, held, strict=True)})
    assert list(weights) == [*names, "cash"]
    # each of at most nine quotients is rounded to 28 digits
    assert abs(sum(weights.values()) - 1) <= Decimal("1e-26")


@pytest.mark.parametrize("price", [None, Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_a_price_that_is_no_price_is_named(price):
    prices = {} if price is None else {"BTC": price}
    with pytest.raises(DataError, match=f"price of 'BTC' is {price}; give a positive price"):
        book("1", BTC="1").weights(prices)


@pytest.mark.parametrize(("cash", "equity"), [("0", "0"), ("-200", "-100")])
def test_an_account_without_value_has_no_weights(cash, equity):
    holdings = book(cash, **({"BTC": "1"} if cash != "0" else {}))
    with pytest.raises(DataError, match=f"equity is {equity}; weights need a positive account value"):
        holdings.weights({"BTC": Decimal(100)})


@pytest.fixture
def read(tmp_path):
    def of(text):
        path = tmp_path / "book.csv"
        path.write_text(text, encoding="utf-8")
        return read_holdings(path)

    return of


def test_a_file_of_holdings(read):
    found = read("symbol,quantity\nBTCUSDT, 0.10000000000000000001 \n ETHUSDT,-2\ncash,100.5\n")
    # quantities are decimals: not one digit is lost
    assert found == book("100.5", BTCUSDT="0.10000000000000000001", ETHUSDT="-2")


def test_columns_may_stand_in_any_order_and_values_in_quotes(read):
    assert read('quantity,symbol\n"1",BTC\n') == book(BTC="1")


def test_cash_may_come_in_several_lines(read):
    assert read("symbol,quantity\ncash,1.5\ncash,-0.5\n") == book("1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol,quantity\nBTC,one\n", "book.csv:2: quantity 'one' is not a number"),
        ("symbol,quantity\nBTC,1\nETH,\n", "book.csv:3: quantity '' is not a number"),
        ("symbol,quantity\nBTC,1\nETH\n", "book.csv:3: quantity None is not a number"),
        ("symbol,quantity\nBTC,NaN\n", "book.csv:2: quantity 'NaN' is not finite"),
        ("symbol,quantity\nBTC,-Infinity\n", "book.csv:2: quantity '-Infinity' is not finite"),
        ("symbol,quantity\nBTC,1\nETH,2\nBTC,3\n", "book.csv:4: symbol 'BTC' is listed twice"),
        ("symbol,quantity\n,1\n", "book.csv:2: symbol '' is empty"),
        ("symbol,amount\nBTC,1\n", "expected the header 'symbol,quantity'"),
        ("symbol,quantity,price\nBTC,1,2\n", "expected the header 'symbol,quantity'"),
        ("BTC,1\nETH,2\n", "expected the header 'symbol,quantity'"),
        ("symbol,quantity\n", "at least one row"),
        ("", "at least one row"),
    ],
)
def test_a_wrong_file_names_the_line_and_the_field(read, text, said):
    with pytest.raises(DataError) as caught:
        read(text)
    assert said in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(DataError, match=r"absent\.csv: cannot be read \(No such file or directory\)"):
        read_holdings(tmp_path / "absent.csv")
