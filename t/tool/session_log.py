"""What a mail system logs of one SMTP session after the other."""
import os
import time


class SessionLog:
    def __init__(self, path):
        self.path = path
        self.read = os.path.getsize(path)

    def next_session(self, wait_s):
        """The text that came since the last call, when the session has ended, or after so long."""
        end = time.monotonic() + wait_s
        text = ""
        while "disconnect from" not in text and time.monotonic() < end:
            time.sleep(0.02)
            with open(self.path, encoding="latin-1") as file:
                file.seek(self.read)
                text = file.read()
        self.read += len(text)
        return text
