/*
 * Delivery to an external command: `|command` of aliases and .forward files, mailbox_command. The
 * command gets the message on standard input and tells by its exit status (sysexits.h) and the first
 * line of its output what became of it. Source: Postfix local(8), "External command delivery".
 */
#ifndef BUZON_LIB_DELIVERY_COMMAND_H
#define BUZON_LIB_DELIVERY_COMMAND_H

#include "lib/base/strlist.h"
#include "lib/delivery/content.h"
#include "lib/delivery/deposit.h"

struct delivery_command {
    const char *command;   /* run directly, or by /bin/sh when it holds shell syntax */
    const char *shell;     /* local_command_shell: "" for the rule above */
    const char *directory; /* working directory; "" stays where we are */
    const char *user;      /* for logs and supplementary groups; NULL: none */
    uid_t uid;
    gid_t gid;
    const struct strlist *environment; /* NAME=value, the whole environment */
    int time_limit_s; /* then it is killed, with all its children, and the mail bounced */
    const struct delivery_content *content;
};

/* command_deliver - run it to its end; the outcome's texts are the arena's */
struct deposit_outcome command_deliver(struct arena *arena, const struct delivery_command *run);

/* command_outcome - what an exit status (as of waitpid) and output mean; for tests and pipe(8) */
struct deposit_outcome command_outcome(struct arena *arena, const char *command, int status,
                                       struct span output);

#endif
