"""From the wire to a view and back: requests, replies, faults, versions, pages."""
