"""What every engine of the relay's store must do; a new engine is one more entry in `conftest.ENGINES`."""
