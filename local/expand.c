/*
 * What the items of an alias, a .forward or an :include: file lead to: addresses, "|command", /file,
 * :include:/file. Source: aliases(5).
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/log.h"
#include "lib/delivery/alias_item.h"
#include "lib/message/address.h"

#include <pwd.h>

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

/* "user@" names no host. */
static bool lacks_domain(struct span item, const struct header_address *address)
{
    return address->past > address->first && address->past <= item.len &&
           item.data[address->past - 1] == '@';
}

/* How many there were. */
static size_t deliver_item_addresses(struct local_delivery *delivery, const struct step *step,
                                     enum expanded_by by, struct span item)
{
    size_t count, used = 0;
    struct header_address *found =
        address_parse_recipients(delivery->arena, item, ADDRESSES_A_ITEM, &count);

    for (size_t i = 0; i < count; i++) {
        const char *address;
        if (found[i].kind != ADDRESS_PLAIN || found[i].localpart.len == 0)
            continue;
        used++;
        if (lacks_domain(item, &found[i])) {
            leaf_bounced(delivery, step->address, "5.1.3", "bad recipient address syntax: %.*s@",
                         SPAN_PRINTF(found[i].localpart));
            continue;
        }
        address = found[i].domain.len == 0
                      ? arena_text(delivery->arena, found[i].localpart)
                      : arena_printf(delivery->arena, "%.*s@%.*s", SPAN_PRINTF(found[i].localpart),
                                     SPAN_PRINTF(found[i].domain));
        deliver_item_address(delivery, step, by, address);
    }
    return used;
}

static const char *home_of(const char *user)
{
    const struct passwd *account = getpwnam(user);

    return account == NULL ? NULL : account->pw_dir;
}

/* "~/file" in a .forward file, "~user/file" anywhere: NULL for a home that there is none of. */
static const char *from_home(struct local_delivery *delivery, const struct step *step,
                             const char *text)
{
    const char *slash = strchr(text, '/');
    const char *home;

    if (text[0] != '~' || slash == NULL)
        return text;
    if (slash == text + 1)
        home = step->rights_home;
    else
        home = home_of(arena_text(delivery->arena, span_of(text + 1, (size_t)(slash - text) - 1)));
    if (home == NULL) {
        log_warning("unable to find the home directory for \"%s\"", text);
        return NULL;
    }
    return arena_printf(delivery->arena, "%s%s", home, slash);
}

/* How many destinations it is: rubbish may be none. */
static size_t deliver_item(struct local_delivery *delivery, const struct step *step,
                           enum expanded_by by, struct span item)
{
    const struct config *config = delivery->local->config;
    const char *text = from_home(delivery, step, alias_item_text(delivery->arena, item));

    if (text == NULL) {
        leaf_bounced(delivery, step->address, "5.3.5", "mail system configuration error");
    } else if (text[0] == '|') {
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
        return deliver_item_addresses(delivery, step, by, item);
    }
    return 1;
}

void deliver_expansion(struct local_delivery *delivery, const struct step *step,
                       enum expanded_by by, struct span value)
{
    size_t destinations = 0;

    while (value.len > 0) {
        struct span line = alias_line_take(&value);
        while (line.len > 0) {
            struct span item = alias_item_take(&line);
            if (item.len > 0)
                destinations += deliver_item(delivery, step, by, item);
        }
    }
    if (destinations == 0 && by == BY_ALIAS) {
        log_warning("no recipient in alias lookup result for %s", step->localpart);
        leaf_deferred(delivery, step->address, "4.3.0", "alias database unavailable");
    }
}
