"""``meterproof-verify``: whether a bundle is whole and its figures follow from its data."""
