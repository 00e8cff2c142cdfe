"""The paths a message takes: the only writers of mail, the only publishers."""
