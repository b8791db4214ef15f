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
    MODE_IGNORE,        /* -q30m, -bh, -bH: done, with success */
};

struct sendmail_call {
    enum mode mode;
    const char *directory;      /* -C */
    const char *argument;       /* of -qI and -qR */
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
/* sendmail_fail - say why, and exit with this status (sysexits.h) */
void sendmail_fail(int status, const char *format, ...) PRINTF(2, 3) NORETURN;

#endif
