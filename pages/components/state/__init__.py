"""What a visitor has set: the session's values, the address that mirrors them, and the controls that change them."""
