"""Lets these tests import `bundle_factory`, whichever way pytest imports them."""
