"""Games: a person, a script or a program governs one state or more, month by month."""
