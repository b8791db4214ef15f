/*
 * What the items of an alias, a .forward or an :include: file lead to: addresses, "|command", /file,
 * :include:/file. Source: aliases(5).
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/delivery/alias_item.h"
#include "lib/message/address.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#define INCLUDE_MAX      (16U * 1024 * 1024) /* octets of a list file */
#define INCLUDE_PREFIX   ":include:"
#define ADDRESSES_A_ITEM 1000

/* --- what an item is --------------------------------------------------------------------------------------- */

static const char *with_extension(struct local_delivery *delivery, const struct step *step,
                                  const char *address)
{
    struct span localpart = address_localpart(address);

    if (step->unmatched[0] == '\0')
        return address;
    return arena_printf(delivery->arena, "%.*s%c%s%s", SPAN_PRINTF(localpart),
                        delivery->local->config->recipient_delimiter[0], step->unmatched,
                        address + localpart.len);
}

static void deliver_item_address(struct local_delivery *delivery, const struct step *step,
                                 enum expanded_by by, const char *address)
{
    const struct local *local = delivery->local;
    struct route_target target;
    struct error err = {0};

    address = route_rewrite(local->route, delivery->arena, address, false);
    address = with_extension(delivery, step, address);
    if (route_resolve(local->route, delivery->arena, step->sender, address, &target, &err) ==
        MAP_UNAVAILABLE) {
        leaf_deferred(delivery, address, "4.3.0", "address resolver failure: %s", err.text);
        return;
    }
    if (target.local_domain && strcmp(target.transport, local->name) == 0)
        deliver_address(delivery, step, by, target.recipient);
    else
        resend_add(delivery, step, address);
}

static void deliver_item_addresses(struct local_delivery *delivery, const struct step *step,
                                   enum expanded_by by, struct span item)
{
    size_t count;
    struct header_address *found =
        address_parse_recipients(delivery->arena, item, ADDRESSES_A_ITEM, &count);

    for (size_t i = 0; i < count; i++) {
        const char *address;
        if (found[i].kind != ADDRESS_PLAIN || found[i].localpart.len == 0)
            continue;
        address = found[i].domain.len == 0
                      ? arena_text(delivery->arena, found[i].localpart)
                      : arena_printf(delivery->arena, "%.*s@%.*s", SPAN_PRINTF(found[i].localpart),
                                     SPAN_PRINTF(found[i].domain));
        deliver_item_address(delivery, step, by, address);
    }
}

/* Commands and files in a list are delivered with the rights of the list's owner, root's never. */
static void take_owner_rights(const char *path, struct step *step)
{
    struct stat status;
    const struct passwd *account;

    if (stat(path, &status) != 0 || status.st_uid == 0)
        return;
    account = getpwuid(status.st_uid);
    step->rights_user = NULL;
    step->rights_uid = status.st_uid;
    step->rights_gid = account == NULL ? status.st_gid : account->pw_gid;
}

/* The list itself is read with the rights of the alias that names it. */
static void deliver_include(struct local_delivery *delivery, const struct step *step,
                            const char *path)
{
    struct step inner = *step;
    struct buf content = BUF(INCLUDE_MAX);
    struct error err = {0};
    bool was_read;

    if (path[0] != '/') {
        leaf_bounced(delivery, step->address, "5.3.5", ":include:%s uses a relative path", path);
        return;
    }
    if (!service_become(step->rights_user, step->rights_uid, step->rights_gid, &err)) {
        leaf_deferred(delivery, step->address, "4.3.0", "%s", err.text);
        return;
    }
    was_read = file_read(AT_FDCWD, path, &content, &err);
    service_return();
    take_owner_rights(path, &inner);
    if (!was_read)
        leaf_deferred(delivery, step->address, "4.2.0", "cannot open include file %s", err.text);
    else
        deliver_expansion(delivery, &inner, BY_INCLUDE, buf_span(&content));
    buf_release(&content);
}

static void deliver_item(struct local_delivery *delivery, const struct step *step,
                         enum expanded_by by, struct span item)
{
    const struct config *config = delivery->local->config;
    const char *text = alias_item_text(delivery->arena, item);

    if (text[0] == '|') {
        if (may_deliver_to(config->allow_mail_to_commands, by))
            deliver_to_command(delivery, step, text + 1);
        else
            leaf_bounced(delivery, step->address, "5.7.1", "mail to command is restricted");
    } else if (text[0] == '/') {
        if (may_deliver_to(config->allow_mail_to_files, by))
            deliver_to_file(delivery, step, text);
        else
            leaf_bounced(delivery, step->address, "5.7.1", "mail to file is restricted");
    } else if (strncasecmp(text, INCLUDE_PREFIX, strlen(INCLUDE_PREFIX)) == 0) {
        deliver_include(delivery, step, text + strlen(INCLUDE_PREFIX));
    } else if (text[0] == '\\') {
        deliver_item_address(delivery, step, by, text);
    } else {
        deliver_item_addresses(delivery, step, by, item);
    }
}

void deliver_expansion(struct local_delivery *delivery, const struct step *step,
                       enum expanded_by by, struct span value)
{
    size_t items = 0;

    while (value.len > 0) {
        struct span item = alias_item_take(&value);
        if (item.len == 0 || item.data[0] == '#')
            continue;
        items++;
        deliver_item(delivery, step, by, item);
    }
    if (items == 0 && by == BY_ALIAS)
        leaf_bounced(delivery, step->address, "5.3.5", "no recipient in alias lookup result for %s",
                     step->address);
}
