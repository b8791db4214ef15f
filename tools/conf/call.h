/* The command line of buzonconf, checked as postconf checks it: what makes no sense together is
 * refused, not ignored. */
#ifndef BUZON_TOOLS_CONF_CALL_H
#define BUZON_TOOLS_CONF_CALL_H

#include "tools/conf/conf.h"

struct call {
    const char *program;      /* "postconf" for who calls us so, else "buzonconf" */
    bool given[128];          /* which options are there; 'e' also when a value says so */
    const char *directory;    /* NULL: none named */
    const char *tls_question; /* of -T */
    const char *sender;       /* of the mail that -E explains */
    struct conf conf;         /* show, classes and overrides are filled in */
    struct strlist requests;  /* what stands behind the options */
};

/* call_parse - never returns when the command line is wrong: "fatal: ..." and exit status 1 */
void call_parse(struct call *call_r, int argc, char *argv[]);
void call_release(struct call *call);

static inline bool call_has(const struct call *call, char option)
{
    return call->given[(unsigned char)option];
}

/* call_refuse - a text that says why not, then exit status 1 */
void call_refuse(const char *format, ...) PRINTF(1, 2) NORETURN;

#endif
