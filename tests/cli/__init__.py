"""Tests of `kingfisher-cli` and the demo."""
