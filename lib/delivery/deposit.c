/*
 * Putting a message into a mailbox, with the rights of its owner. local and virtual call this for each
 * recipient that has a mailbox of its own, local also for the files that aliases name.
 */
#include "lib/base/base.h"

#include "lib/delivery/deposit.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/delivery/maildir.h"
#include "lib/message/address.h"
#include "lib/service/service.h"

#include <sys/stat.h>
#include <unistd.h>

struct span deposit_prefix(struct arena *arena, const struct deposit *deposit)
{
    struct buf prefix = BUF(BUF_UNLIMITED);
    struct span lines;

    buf_put_printf(&prefix, "Return-Path: <%s>\n", address_quote(arena, deposit->request->sender));
    if (deposit->original[0] != '\0')
        buf_put_printf(&prefix, "X-Original-To: %s\n", address_quote(arena, deposit->original));
    if (deposit->delivered_to[0] != '\0')
        buf_put_printf(&prefix, "Delivered-To: %s\n", address_quote(arena, deposit->delivered_to));
    lines = span_of(arena_text(arena, buf_span(&prefix)), prefix.len);
    buf_release(&prefix);
    return lines;
}

struct deposit_outcome deposit_failure(struct arena *arena, const char *what,
                                       const struct error *err)
{
    struct deposit_outcome failure = {.outcome = DELIVERY_DEFERRED, .status = "4.2.0"};

    failure.text = arena_printf(arena, "%s%s", what, err->text);
    if (err->number == EDQUOT || err->number == EFBIG)
        failure.status = "5.2.2";
    else if (err->number == ENOEXEC)
        failure.status = "5.7.1";
    else if (err->number == ENOSPC)
        failure.status = "4.3.0";
    else if (err->kind == ERROR_PERMANENT)
        failure.status = "5.2.0";
    if (failure.status[0] == '5')
        failure.outcome = DELIVERY_BOUNCED;
    return failure;
}

static const char *what_failed(struct arena *arena, const struct deposit *deposit,
                               const struct mailbox_place *place)
{
    if (place->format == MAILBOX_MAILDIR)
        return "maildir delivery failed: ";
    if (deposit->user == NULL)
        return arena_printf(arena, "delivery failed to mailbox %s: ", place->path);
    if (deposit->mbox.is_target)
        return arena_printf(arena, "cannot append message to file %s: ", place->path);
    return arena_printf(arena, "cannot update mailbox %s for user %s. ", place->path,
                        deposit->user);
}

/* A spool that belongs to a group (/var/mail: root:mail, mode 2775) is written to as user and group. */
static gid_t spool_group(struct arena *arena, const struct mailbox_place *place)
{
    struct span path = span_text(place->path);
    const char *directory = arena_text(arena, span_first(path, span_find_last(path, '/')));
    struct stat status;

    if (stat(directory, &status) == 0 && (status.st_mode & S_IWGRP) != 0 &&
        (status.st_mode & S_IWOTH) == 0)
        return status.st_gid;
    return place->gid;
}

/* What makes no sense is none, and is said. */
static struct quota_bonus grace_of(const struct config *config)
{
    struct quota_bonus grace;

    if (!quota_parse_grace(span_text(config->mailbox_quota_grace), &grace)) {
        log_warning("mailbox_quota_grace: %s makes no sense", config->mailbox_quota_grace);
        grace = (struct quota_bonus){0};
    }
    return grace;
}

static bool is_missing_or_roots(const char *directory)
{
    struct stat status;

    return stat(directory, &status) != 0 ||
           (status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

/* Whoever can write to a Maildir, or to where it is made, can let its tmp/ and new/ lead anywhere. Others are stopped
 * there by the rights that they lack; root lacks none. */
static bool is_safe_for_root(const char *path, struct error *err)
{
    bool is_safe = is_missing_or_roots(path), is_there = false;
    char *above = mem_text(path);
    char *slash;

    while (is_safe && !is_there && (slash = strrchr(above, '/')) != NULL) {
        slash[slash == above ? 1 : 0] = '\0';
        is_there = access(above, F_OK) == 0;
        is_safe = is_missing_or_roots(above);
        if (strcmp(above, "/") == 0)
            break;
    }
    mem_free(above);
    if (!is_safe)
        error_set(err, ERROR_TEMPORARY, "%s is root's, but others can write to it or above it",
                  path);
    return is_safe;
}

static int open_for_deposit(const char *path, struct error *err)
{
    if (geteuid() == 0 && !is_safe_for_root(path, err))
        return -1;
    return maildir_open(path, err);
}

/* Within the quota; the sum is kept up when the message is there. */
static bool write_to_maildir(const struct deposit *deposit, const struct mailbox_place *place,
                             const struct delivery_content *content, struct error *err)
{
    const uint64_t size = content->prefix.len + content->size;
    const struct quota_bonus grace = grace_of(deposit->config);
    int maildir = open_for_deposit(place->path, err);
    bool has_room =
        maildir >= 0 && quota_check_at(place->path, maildir, &place->quota, &grace, size, 1, err);
    bool written = has_room &&
                   maildir_deliver(maildir, place->path, deposit->config->myhostname, content, err);

    if (maildir >= 0 && !has_room)
        err->kind = ERROR_TEMPORARY; /* unless it is over quota, which its number says */
    if (written)
        quota_add_at(place->path, maildir, (int64_t)size, 1);
    fd_close(&maildir);
    return written;
}

static bool write_message(struct arena *arena, const struct deposit *deposit,
                          const struct mailbox_place *place, int64_t *start_r, struct error *err)
{
    const struct delivery_request *request = deposit->request;
    const struct delivery_content content = {
        .prefix = deposit_prefix(arena, deposit),
        .file = request->queue_file,
        .offset = request->content_offset,
        .size = request->content_size,
    };

    if (place->format == MAILBOX_MAILDIR)
        return write_to_maildir(deposit, place, &content, err);
    return mbox_deliver(place->path, request->sender, time(NULL), &content, &deposit->mbox, start_r,
                        err);
}

struct deposit_outcome deposit_message(struct arena *arena, const struct deposit *deposit,
                                       const struct mailbox_place *place)
{
    const bool is_maildir = place->format == MAILBOX_MAILDIR;
    const gid_t group = deposit->in_spool && !is_maildir ? spool_group(arena, place) : place->gid;
    struct error err = {0};
    int64_t mbox_start = 0;
    bool written;

    if (!service_become(place->user, place->uid, group, &err)) {
        err.kind = ERROR_TEMPORARY;
        return deposit_failure(arena, "mailbox owner: ", &err);
    }
    written = write_message(arena, deposit, place, &mbox_start, &err);
    service_return();
    if (deposit->user == NULL)
        err.kind = ERROR_TEMPORARY;
    if (!written)
        return deposit_failure(arena, what_failed(arena, deposit, place), &err);
    return (struct deposit_outcome){
        .outcome = DELIVERY_SENT,
        .status = "2.0.0",
        .text = is_maildir ? "delivered to maildir" : "delivered to mailbox",
        .mbox_start = mbox_start,
    };
}

bool deposit_limit_holds(const struct config *config, const char *parameter, int64_t limit,
                         struct error *err)
{
    if (limit == 0 || (config->message_size_limit > 0 && limit >= config->message_size_limit))
        return true;
    error_set(err, ERROR_PERMANENT,
              config->message_size_limit > 0
                  ? "configuration error: %s is smaller than message_size_limit"
                  : "configuration error: %s is limited but message_size_limit is unlimited",
              parameter);
    return false;
}
