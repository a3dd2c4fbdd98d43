"""Real data: scikit-learn's handwritten digits, and a small dual path network trained on them."""

from __future__ import annotations

from tests.digits.judging import accuracy, bundle_places, first_places, pictures_to_test
from tests.digits.model import NETWORK, PREPROCESS, RECIPE, DigitsDPN, trained_digits
from tests.digits.pictures import LABELS, TEST_COUNT, Digits, make_digits

__all__ = [
    "LABELS",
    "NETWORK",
    "PREPROCESS",
    "RECIPE",
    "TEST_COUNT",
    "Digits",
    "DigitsDPN",
    "accuracy",
    "bundle_places",
    "first_places",
    "make_digits",
    "pictures_to_test",
    "trained_digits",
]
