"""traffic: keep sending small messages over several sessions; write down which were accepted.

    traffic.py --port N --sessions N --until END --to ADDRESS --accepted FILE

Until there is a file END. A session that breaks is begun again. One line a message in FILE, the left part of its Message-Id,
written only after the server said 250 to its end of data.
"""
import argparse, os, smtplib, threading, time, uuid


def one_session(args, out, lock):
    while not os.path.exists(args.until):
        try:
            client = smtplib.SMTP("127.0.0.1", args.port, "traffic.test", timeout=60)
            while not os.path.exists(args.until):
                mark = uuid.uuid4().hex
                client.sendmail("sender@remote.test", [args.to], (
                    "From: sender@remote.test\r\nTo: %s\r\nSubject: traffic\r\nMessage-Id: <%s@traffic>\r\n\r\n%s\r\n"
                    % (args.to, mark, "x" * 70 * 20)).encode())
                with lock:
                    out.write(mark + "\n")
                    out.flush()
                time.sleep(0.02)
        except (OSError, smtplib.SMTPException):
            time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--until", required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--accepted", required=True)
    args = parser.parse_args()
    lock = threading.Lock()
    with open(args.accepted, "w") as out:
        threads = [threading.Thread(target=one_session, args=(args, out, lock)) for _ in range(args.sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


main()
