"""People at work while what lies below them fails."""
