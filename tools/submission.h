/* A message that sendmail(1) was given, on its way to buzondrop(1). */
#ifndef BUZON_TOOLS_SUBMISSION_H
#define BUZON_TOOLS_SUBMISSION_H

#include "lib/base/buf.h"
#include "lib/base/strlist.h"
#include "lib/config/config.h"

#include "tools/content_input.h"

struct submission {
    const struct config *config;
    const char *sender;    /* internal form; "" is the null sender */
    const char *full_name; /* or "" */
    const char *envelope_id;
    const char *body; /* "7BIT", "8BITMIME" or "" */
    const char *verp; /* delimiters of variable envelope return paths; NULL: none */
    char dsn_return;  /* 'F', 'H' or 0 */
    unsigned dsn_notify;
    bool gateway;
    bool verifies;           /* nothing is delivered */
    bool traces;             /* the first attempt is reported */
    bool extract_recipients; /* from To, Cc and Bcc */
    bool dot_ends;           /* a line with a dot alone is the end */
    enum line_ends line_ends;
    struct strlist recipients; /* internal form */
    struct strlist notify; /* what is said of each of them: flags as in their record, then ORCPT or
                                  nothing; empty: dsn_notify is for all */
};

/* submission_send - read the message from standard input and hand it in; sendmail's exit status
 * (sysexits.h), with all trouble reported */
int submission_send(struct submission *submission);
/*
 * A message whose recipients are known, in pieces: begin, content until it is false, end. The value of
 * submission_end is an exit status as that of submission_send; EX_DATAERR: the message is too big.
 */
struct sending;
struct sending *submission_begin(struct submission *submission) __attribute__((returns_nonnull));
bool submission_content(struct sending *sending, struct span octets);
int submission_end(struct sending **sending);
/* submission_abandon - nothing was handed in */
void submission_abandon(struct sending **sending);

#endif
