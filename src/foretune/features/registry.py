"""Every feature column of the panel, in column order. The one list that schema, checks and documents read."""

from __future__ import annotations

from collections.abc import Mapping

from foretune.features.context import CONTEXT_FIELDS
from foretune.features.field import FeatureField
from foretune.features.price import PRICE_FIELDS
from foretune.features.technical import TECHNICAL_FIELDS

FIELDS: tuple[FeatureField, ...] = (*TECHNICAL_FIELDS, *PRICE_FIELDS, *CONTEXT_FIELDS)

FIELD: Mapping[str, FeatureField] = {field.name: field for field in FIELDS}
