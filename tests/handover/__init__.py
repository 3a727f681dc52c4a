"""Tests of handing frames over and taking labels back."""
