# bench: the adapter for the side-by-side benchmark harness.
EXTRA_DIST += bench/README.md bench/buzon_adapter.py bench/imap.py bench/pop3.py bench/qmgr.sh
