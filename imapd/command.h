/* The table of commands, and their handlers: each gets the text behind its name. */
#ifndef BUZON_IMAPD_COMMAND_H
#define BUZON_IMAPD_COMMAND_H

#include "imapd/session.h"

/* imapd_command - run what was read; the tagged reply is sent when it returns */
void imapd_command(struct imapd_session *session);

/* imapd_capabilities - what is announced after login; the caller frees it */
char *imapd_capabilities(const struct config *config);

typedef void imapd_handler(struct imapd_session *session, struct cursor at);

imapd_handler imapd_run_append, imapd_run_replace; /* append.c */
imapd_handler imapd_run_capability, imapd_run_logout, imapd_run_namespace,
    imapd_run_noop;                               /* basic.c */
imapd_handler imapd_run_compress;                 /* compress.c */
imapd_handler imapd_run_copy, imapd_run_move;     /* copy.c */
imapd_handler imapd_run_enable;                   /* enable.c */
imapd_handler imapd_run_expunge, imapd_run_store; /* flags.c */
imapd_handler imapd_run_create, imapd_run_delete, imapd_run_rename, imapd_run_subscribe,
    imapd_run_unsubscribe;                                                    /* folders.c */
imapd_handler imapd_run_fetch;                                                /* fetch.c */
imapd_handler imapd_run_id;                                                   /* id.c */
imapd_handler imapd_run_idle;                                                 /* idle.c */
imapd_handler imapd_run_list, imapd_run_lsub;                                 /* list.c */
imapd_handler imapd_run_getmetadata, imapd_run_setmetadata;                   /* metadata.c */
imapd_handler imapd_run_notify;                                               /* notify.c */
imapd_handler imapd_run_getquota, imapd_run_getquotaroot, imapd_run_setquota; /* quota.c */
imapd_handler imapd_run_cancelupdate;                                         /* search_context.c */
imapd_handler imapd_run_esearch;                                              /* multisearch.c */
imapd_handler imapd_run_search;                                               /* search.c */
imapd_handler imapd_run_close, imapd_run_examine, imapd_run_select,
    imapd_run_unselect;         /* select.c */
imapd_handler imapd_run_sort;   /* sort.c */
imapd_handler imapd_run_thread; /* thread.c */
imapd_handler imapd_run_status; /* status.c */

/* imapd_take_mailbox - a mailbox name, checked. false: the client has its reply. */
bool imapd_take_mailbox(struct imapd_session *session, struct cursor *at,
                        const char **name_r) MUST_CHECK;
/* imapd_check_mailbox - likewise, but the name was taken already */
bool imapd_check_mailbox(struct imapd_session *session, struct span name,
                         const char **name_r) MUST_CHECK;
/* imapd_take_messages - SP and a set, resolved. false: the client has its reply. */
struct selection;
bool imapd_take_messages(struct imapd_session *session, struct cursor *at,
                         struct selection *selection_r) MUST_CHECK;

#endif
