"""Tests of what tells new footage from known."""
