"""What is held and what it is worth. Nothing is clipped or normalised in silence."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pydantic import field_validator

from foretune.config import Config
from foretune.errors import DataError

CASH = "cash"


class Holding(Config):
    """`quantity` units of `symbol`; negative is short."""

    symbol: str
    quantity: Decimal


class Holdings(Config):
    """Positions and cash of one account, in one currency.

    >>> from decimal import Decimal
    >>> book = Holdings(positions=[Holding(symbol="BTCUSDT", quantity=Decimal("0.5"))], cash=Decimal("5000"))
    >>> book.weights({"BTCUSDT": Decimal("10000")})
    {'BTCUSDT': Decimal('0.5'), 'cash': Decimal('0.5')}
    """

    positions: Sequence[Holding]
    cash: Decimal = Decimal(0)

    @field_validator("positions")
    @classmethod
    def _each_once(cls, value: Sequence[Holding]) -> Sequence[Holding]:
        seen = {CASH}
        for holding in value:
            if holding.symbol in seen:
                why = "is the account's money" if holding.symbol == CASH else "is held twice; add the quantities up"
                raise ValueError(f"'{holding.symbol}' {why}")
            seen.add(holding.symbol)
        return value

    def weights(self, prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Share of equity per symbol and of cash; they sum to exactly what the account holds.

        Raises:
            DataError: a price is missing, not finite or not positive, or equity is not positive.
        """
        values: dict[str, Decimal] = {}
        for holding in self.positions:
            price = prices.get(holding.symbol)
            if price is None or not price.is_finite() or price <= 0:
                raise DataError(f"price of '{holding.symbol}' is {price}; give a positive price")
            values[holding.symbol] = holding.quantity * price
        values[CASH] = self.cash
        equity = sum(values.values(), Decimal(0))
        if equity <= 0:
            raise DataError(f"equity is {equity}; weights need a positive account value")
        return {symbol: value / equity for symbol, value in values.items()}


def read_holdings(path: Path) -> Holdings:
    """Read a `symbol,quantity` CSV; a row with symbol `cash` is money.

    Raises:
        DataError: no such file, another header, a quantity that is no finite number, or a symbol
            listed twice. The message names the line.
    """
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the header
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as exc:
        raise DataError(f"{path}: cannot be read ({exc.strerror})") from exc
    except UnicodeDecodeError as exc:
        raise DataError(f"{path}: is not UTF-8 text ({exc.reason} at byte {exc.start})") from exc
    if not rows or set(rows[0]) != {"symbol", "quantity"}:
        raise DataError(f"{path}: expected the header 'symbol,quantity' and at least one row")
    cash, positions = Decimal(0), dict[str, Decimal]()
    for line, row in enumerate(rows, start=2):
        if len(row) != 2:  # DictReader keeps surplus cells under the key None
            raise DataError(f"{path}:{line}: more than two cells; a quantity has no thousands separator")
        symbol, text = (row["symbol"] or "").strip(), row["quantity"]
        try:
            quantity = Decimal((text or "").strip())
        except InvalidOperation as exc:
            raise DataError(f"{path}:{line}: quantity {text!r} is not a number") from exc
        if not quantity.is_finite():
            raise DataError(f"{path}:{line}: quantity {text!r} is not finite")
        if not symbol or symbol in positions:
            raise DataError(f"{path}:{line}: symbol {symbol!r} is {'listed twice' if symbol else 'empty'}")
        if symbol == CASH:
            cash += quantity
        else:
            positions[symbol] = quantity
    return Holdings(positions=[Holding(symbol=s, quantity=q) for s, q in positions.items()], cash=cash)
