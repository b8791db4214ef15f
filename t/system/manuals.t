#!/bin/sh
# The manuals that are installed are well-formed, and those that stand for another one find it.
. "$(dirname "$0")/../lib.sh"
need mandoc
set -- "$BUZON_STAGE"/share/man/man*/*
plan $#
for page; do
    other=$(sed -n 's/^\.so //p' "$page")
    if [ -n "$other" ]; then
        check "${page##*/}" test -f "$BUZON_STAGE/share/man/$other"
    else
        check "${page##*/}" mandoc -Tlint -W warning "$page"
    fi
done
