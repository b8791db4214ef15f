/* What sendmail(1) was asked for: its command line. */
#ifndef BUZON_TOOLS_SENDMAIL_CALL_H
#define BUZON_TOOLS_SENDMAIL_CALL_H

#include "tools/submission.h"

enum mode {
    MODE_MAIL,          /* -bm, the default */
    MODE_LIST,          /* -bp, mailq */
    MODE_ALIASES,       /* -bi, -I, newaliases */
    MODE_DAEMON,        /* -bd, -bl */
    MODE_FLUSH,         /* -q */
    MODE_FLUSH_MESSAGE, /* -qI */
    MODE_FLUSH_SITE,    /* -qR */
    MODE_SMTP,          /* -bs */
    MODE_VERIFY,        /* -bv */
    MODE_IGNORE,        /* -q30m, -bh, -bH: done, with success */
};

struct sendmail_call {
    enum mode mode;
    const char *program;        /* the name that it was called by */
    const char *directory;      /* -C */
    const char *flushed_id;     /* -qI */
    const char *flushed_site;   /* -qR */
    bool has_interval;          /* -q30m */
    bool has_notify;            /* -N */
    bool has_return;            /* -R */
    const char *verp;           /* -XV: the delimiters, "" for the usual ones; NULL: no VERP */
    const char *alias_database; /* -oA */
    const char *sender;         /* -f; NULL: the caller */
    bool has_name;              /* -F */
    int verbose;
    struct submission submission;
    struct arena *arena;
};

/* sendmail_parse - options, as many as other sendmails have had; the recipients start at optind. Ends
 * the program when they make no sense. */
void sendmail_parse(struct sendmail_call *call, int argc, char *argv[]);
/* sendmail_fail - say why, and exit with EX_TEMPFAIL: as with Postfix, callers keep their mail whatever is
 * the matter, and an administrator can mend it */
void sendmail_fail(const char *format, ...) PRINTF(1, 2) NORETURN;

#endif
