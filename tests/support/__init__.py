"""What the tests share: servers, error assertions, races, and readers of the catalog and of sql/."""
