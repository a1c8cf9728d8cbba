"""The stream on its way to outputs, with what is known of it meanwhile."""
