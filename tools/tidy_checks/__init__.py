"""The checks of tools/tidy, one file each."""
