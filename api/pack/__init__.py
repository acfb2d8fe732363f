"""Inspectors' packs: what happened in one file, which verifies without Putright."""
