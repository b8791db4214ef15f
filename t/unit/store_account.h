/*
 * An account in a scratch directory, which is the working directory: a Maildir "mail". What fails here
 * fails the test.
 */
#ifndef BUZON_T_UNIT_STORE_ACCOUNT_H
#define BUZON_T_UNIT_STORE_ACCOUNT_H

#include "lib/store/store.h"

extern struct store *store;
extern struct error err;
extern const uint32_t first_index[1]; /* the first message of a view */

int store_set_up(void **state);
int store_tear_down(void **state);
#define STORE_CASE(function)                                                                       \
    cmocka_unit_test_setup_teardown(function, store_set_up, store_tear_down)

void open_store(void);
/* run - a shell command */
void run(const char *command);
/* deliver - as a delivery agent of another make would: a file of that name in new/ */
void deliver(const char *name);
struct mailbox *open_mailbox(const char *name, bool read_only);
void sync_mailbox(struct mailbox *mailbox);
/* settle - scans are put off for as long as the clock cannot tell changes apart: wait until one is due */
void settle(struct mailbox *mailbox);
uint32_t uid_at(const struct mailbox *mailbox, size_t index);
/* change - flags of the first message */
void change(struct mailbox *mailbox, enum flag_mode mode, uint32_t flags);
/* append - one message; its UID */
uint32_t append(const char *name, uint32_t flags, const char *text);

#endif
