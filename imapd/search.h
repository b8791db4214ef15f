/*
 * What SEARCH, SORT, THREAD and ESEARCH look for: keys (RFC 3501 section 6.4.4, RFC 5032, RFC 7162,
 * RFC 8514) as a tree, and the matching of messages with it.
 */
#ifndef BUZON_IMAPD_SEARCH_H
#define BUZON_IMAPD_SEARCH_H

#include "imapd/session.h"
#include "imapd/set.h"
#include "lib/message/casemap.h"
#include "lib/message/envelope.h"

#define SEARCH_DEPTH_MAX 50 /* keys within keys */
#define SEARCH_KEYS_MAX  2000
#define SEARCH_TEXTS_MAX 100 /* BODY and TEXT keys: each octet of a message is compared with all */

enum search_kind {
    SEARCH_ALL,
    SEARCH_FLAGS,   /* flags & mask == number */
    SEARCH_KEYWORD, /* text */
    SEARCH_NUMBERS, /* set of sequence numbers */
    SEARCH_UIDS,    /* set */
    SEARCH_MODSEQ,  /* number */
    SEARCH_BEFORE,  /* number: a day; the same for the next eight */
    SEARCH_ON,
    SEARCH_SINCE,
    SEARCH_SENT_BEFORE,
    SEARCH_SENT_ON,
    SEARCH_SENT_SINCE,
    SEARCH_SAVED_BEFORE,
    SEARCH_SAVED_ON,
    SEARCH_SAVED_SINCE,
    SEARCH_OLDER, /* number: seconds */
    SEARCH_YOUNGER,
    SEARCH_EMAIL_ID, /* text, as it is; the same for the next */
    SEARCH_THREAD_ID,
    SEARCH_LARGER, /* number: octets */
    SEARCH_SMALLER,
    SEARCH_SUBJECT,   /* text */
    SEARCH_ADDRESSES, /* text; mask: a field of the envelope */
    SEARCH_HEADER,    /* text; field */
    SEARCH_BODY,      /* text */
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
    size_t field;                    /* of a header, in search.fields */
    struct span text;                /* mapped by i;unicode-casemap */
    struct search_key *child, *next; /* children are a list */
    struct index_runs runs;          /* of sets, when it is prepared */

    /* BODY and TEXT: */
    struct search_key *next_text;
    bool found; /* in the part of the message that was looked at */
};

struct search {
    struct search_key *root;  /* SEARCH_AND of all keys; the arena's */
    struct search_key *texts; /* all BODY and TEXT keys */
    struct strlist fields;    /* header fields that are looked at */
    struct casemap *casemap;
    enum envelope_field last_field; /* of the ENVELOPE, that is looked at; likewise */
    unsigned wanted; /* WANT_ENVELOPE, WANT_HEADERS: what keys look at; when it is prepared */
    /* Of every message that matches, when it is prepared: */
    uint32_t mask, flags; /* its flags & mask == flags */
    bool flags_suffice;   /* and there is nothing else to it */
    bool has_charset;     /* CHARSET was given */
    bool has_modseq;      /* a key MODSEQ is among them */
    bool has_numbers;     /* sequence numbers too */
    bool has_saved;       /* "$" too */
};

enum search_parsed {
    SEARCH_PARSED,
    SEARCH_MALFORMED,
    SEARCH_BAD_CHARSET,   /* that nobody knows */
    SEARCH_OTHER_CHARSET, /* a text is not of it */
    SEARCH_TOO_MUCH,
};

/* search_parse - SP [CHARSET name SP] and the keys, to the end; release it anyway */
enum search_parsed search_parse(struct arena *arena, struct cursor *at,
                                struct search *search_r) MUST_CHECK;
/* search_parse_keys - SP charset SP keys, as SORT and THREAD have them */
enum search_parsed search_parse_keys(struct arena *arena, struct cursor *at,
                                     struct search *search_r) MUST_CHECK;
void search_release(struct search *search);
/* search_refuse - the reply to what was not PARSED */
void search_refuse(struct imapd_session *session, enum search_parsed parsed);

/* search_prepare - sets become runs of messages, cheap keys come first */
void search_prepare(struct arena *arena, struct search *search, const struct mailbox *mailbox,
                    const struct saved_set *saved);

/* --- matching (search_match.c) ------------------------------------------------------------------ */

/* What matching needs beside the key; of each message everything is read only once. */
struct search_match {
    struct mailbox *mailbox;
    struct search *search;
    struct arena *arena; /* of one message */
    size_t index;
    struct message_metadata metadata;
    unsigned has; /* WANT_... that metadata has */
    struct envelope envelope;
    bool has_envelope;
    struct search_field *fields; /* of the header, those that keys name */
    size_t field_count;
    bool has_fields;
    size_t part; /* how far BODY and TEXT have looked */
    bool header_done;
    struct buf decoded, mapped, charset; /* room to work in */
    int64_t now;
    struct error err; /* kind NONE: all is well */
};

void search_match_begin(struct search_match *match, struct mailbox *mailbox, struct search *search);
void search_match_end(struct search_match *match);
/* search_match - does that message match? One that is gone never does; trouble is in match->err. The
 * mailbox is being read (mailbox_begin_reading). */
bool search_match(struct search_match *match, size_t index) MUST_CHECK;

/* For the files of matching: */
/* search_need, search_need_envelope - see to it that metadata has these, that the envelope is read */
bool search_need(struct search_match *match, unsigned wanted) MUST_CHECK;
bool search_need_envelope(struct search_match *match) MUST_CHECK;
/* search_map - decoded text, mapped, in match->mapped, which it replaces */
struct span search_map(struct search_match *match, struct span text);
/* search_has - text that was mapped */
bool search_has(struct span mapped, const struct search_key *key);
/* SUBJECT; FROM, TO, CC, BCC; HEADER (search_header.c) */
bool search_subject_matches(struct search_match *match, const struct search_key *key) MUST_CHECK;
bool search_addresses_match(struct search_match *match, const struct search_key *key) MUST_CHECK;
bool search_header_matches(struct search_match *match, const struct search_key *key) MUST_CHECK;
/* search_text_matches - BODY and TEXT (search_text.c) */
bool search_text_matches(struct search_match *match, struct search_key *key) MUST_CHECK;

#endif
