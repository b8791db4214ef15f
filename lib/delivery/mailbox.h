/*
 * Where a recipient's mailbox is and who owns it. One resolution for local, virtual, lmtpd, imapd and
 * pop3d, so that mail is read where it was delivered (design, section 5).
 */
#ifndef BUZON_LIB_DELIVERY_MAILBOX_H
#define BUZON_LIB_DELIVERY_MAILBOX_H

#include "lib/config/config.h"
#include "lib/delivery/quota.h"
#include "lib/map/map.h"

#include <sys/types.h>

enum mailbox_format { MAILBOX_MAILDIR, MAILBOX_MBOX };

struct mailbox_place {
    enum mailbox_format format;
    const char *path; /* of the Maildir (no slash at the end) or the mbox file */
    const char *home; /* of the user; for a virtual mailbox the directory above the Maildir */
    const char *user; /* system account name, NULL for a virtual mailbox */
    uid_t uid;
    gid_t gid;
    struct mailbox_quota quota; /* of a Maildir: mailbox_quota_maps, else mailbox_quota */
};

struct mailbox_finder;

/* mailbox_finder_create - opens virtual_mailbox_maps, virtual_uid_maps, ... as `config` names them */
struct mailbox_finder *mailbox_finder_create(const struct config *config, bool through_proxy)
    __attribute__((returns_nonnull));
void mailbox_finder_free(struct mailbox_finder **finder);
/* mailbox_finder_watch - from now on tell of every look-up, for tools that explain (lib/map/map.h) */
void mailbox_finder_watch(struct mailbox_finder *finder, map_watch *watch, void *context);

/* mailbox_find_virtual - user@domain of virtual_mailbox_domains: virtual_mailbox_base + _maps, uid and
 * gid by maps with virtual_minimum_uid. ABSENT: no such mailbox. Texts are the arena's. */
enum map_result mailbox_find_virtual(struct mailbox_finder *finder, const char *address,
                                     struct arena *arena, struct mailbox_place *place_r,
                                     struct error *err) MUST_CHECK;
/* mailbox_find_local - a UNIX account: home_mailbox, else mail_spool_directory/user. ABSENT: no such
 * account (getpwnam answered so); UNAVAILABLE: it could not answer. */
enum map_result mailbox_find_local(struct mailbox_finder *finder, const char *user,
                                   struct arena *arena, struct mailbox_place *place_r,
                                   struct error *err) MUST_CHECK;
/* mailbox_has_home - for require_home_directory: homes may be on another disk that is not there yet, and then .forward and
 * mailbox are not to be seen */
bool mailbox_has_home(const struct mailbox_place *account, struct error *err) MUST_CHECK;
/* mailbox_find_login - a login name of IMAP or POP3: user@domain of a virtual mailbox domain, else
 * user or user@one-of-mydestination as a UNIX account */
enum map_result mailbox_find_login(struct mailbox_finder *finder, const char *login,
                                   struct arena *arena, struct mailbox_place *place_r,
                                   struct error *err) MUST_CHECK;

/* mailbox_find_quota - place->quota by mailbox_quota_maps or mailbox_quota, for mailboxes that none of the above
 * finds */
enum map_result mailbox_find_quota(struct mailbox_finder *finder, const char *name,
                                   struct mailbox_place *place, struct error *err) MUST_CHECK;

#endif
