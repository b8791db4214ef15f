/* SEARCH: RFC 3501 section 6.4.4, OLDER and YOUNGER of RFC 5032. What its files share. */
#ifndef BUZON_IMAPD_SEARCH_H
#define BUZON_IMAPD_SEARCH_H

#include "imapd/session.h"
#include "imapd/set.h"

#define SEARCH_DEPTH_MAX 50 /* keys within keys */
#define SEARCH_KEYS_MAX  2000

enum search_kind {
    SEARCH_ALL,
    SEARCH_FLAGS,   /* flags & mask == number */
    SEARCH_KEYWORD, /* text */
    SEARCH_NUMBERS, /* set of sequence numbers */
    SEARCH_UIDS,    /* set */
    SEARCH_BEFORE,  /* number: a day; the same for the next five */
    SEARCH_ON,
    SEARCH_SINCE,
    SEARCH_SENT_BEFORE,
    SEARCH_SENT_ON,
    SEARCH_SENT_SINCE,
    SEARCH_OLDER, /* number: seconds */
    SEARCH_YOUNGER,
    SEARCH_LARGER, /* number: octets */
    SEARCH_SMALLER,
    SEARCH_HEADER, /* name, text */
    SEARCH_BODY,   /* text */
    SEARCH_TEXT,
    SEARCH_NOT, /* children */
    SEARCH_OR,
    SEARCH_AND,
};

struct search_key {
    enum search_kind kind;
    uint32_t mask;
    int64_t number;
    struct set set;
    const char *name;                /* of a header field */
    struct span text;                /* folded UTF-8 */
    struct search_key *child, *next; /* children are a list */
    unsigned char *members;          /* of sets: a byte for each message, when it is prepared */
};

struct search {
    struct search_key *root; /* SEARCH_AND of all keys; the arena's */
    struct strlist fields;   /* header fields that are looked at */
    unsigned wanted;         /* WANT_... of all keys */
};

enum search_parsed { SEARCH_PARSED, SEARCH_MALFORMED, SEARCH_BAD_CHARSET };

/* search_parse - [CHARSET name] and the keys; release it anyway */
enum search_parsed search_parse(struct arena *arena, struct cursor *at,
                                struct search *search_r) MUST_CHECK;
void search_release(struct search *search);

/* What matching needs beside the key; text is read only once a message. */
struct search_match {
    struct mailbox *mailbox;
    const struct search *search;
    struct arena *arena; /* of one message */
    size_t index;
    struct message_metadata metadata;
    unsigned has;    /* WANT_... that metadata has */
    struct buf file; /* the message, when it was read */
    struct span content;
    void *map;
    size_t map_len;
    bool is_read;
    struct buf decoded, folded; /* room to work in */
    int64_t now;
    struct error err; /* kind NONE: all is well */
};

/* search_matches - one message; trouble is in match->err */
bool search_matches(struct search_match *match, struct search_key *key);

/* search_text_matches - BODY and TEXT (search_text.c) */
bool search_text_matches(struct search_match *match, const struct search_key *key);
/* search_folded_has - does text, once decoded and folded, hold the key's text? */
bool search_folded_has(struct search_match *match, struct span text, const struct search_key *key);
/* search_need - see to it that metadata has these */
bool search_need(struct search_match *match, unsigned wanted);
void search_forget_message(struct search_match *match);

#endif
