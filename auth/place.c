/*
 * The mailbox of a user. Mail is read where it is delivered; only for others (their mail comes by LMTP from
 * elsewhere), and where a database names the place itself, do the databases' fields and templates count.
 */
#include "lib/base/base.h"

#include "auth/place.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#define MAILDIR_UNDER_HOME "maildir:~/Maildir"
#define ID_MAX             (UINT32_MAX - 1)
#define NAMES_MAX          16384 /* octets of an account's or group's record */

/* --- ids ----------------------------------------------------------------------------------------------------- */

static bool find_uid(const char *text, uid_t *uid_r)
{
    char *room = mem_alloc(NAMES_MAX);
    struct passwd account, *found = NULL;
    uint64_t number;
    bool is_known = true;

    if (span_to_u64(span_text(text), ID_MAX, &number))
        *uid_r = (uid_t)number;
    else if (getpwnam_r(text, &account, room, NAMES_MAX, &found) == 0 && found != NULL)
        *uid_r = found->pw_uid;
    else
        is_known = false;
    mem_free(room);
    return is_known;
}

static bool find_gid(const char *text, gid_t *gid_r)
{
    char *room = mem_alloc(NAMES_MAX);
    struct group group, *found = NULL;
    uint64_t number;
    bool is_known = true;

    if (span_to_u64(span_text(text), ID_MAX, &number))
        *gid_r = (gid_t)number;
    else if (getgrnam_r(text, &group, room, NAMES_MAX, &found) == 0 && found != NULL)
        *gid_r = found->gr_gid;
    else
        is_known = false;
    mem_free(room);
    return is_known;
}

/* --- the location ------------------------------------------------------------------------------------------ */

static bool set_path(struct mailbox_place *place, struct arena *arena, struct span path,
                     struct error *err)
{
    while (path.len > 1 && path.data[path.len - 1] == '/')
        path.len--;
    if (span_equal_text(path, "~") || span_starts_with(path, "~/"))
        place->path = arena_printf(arena, "%s%.*s", place->home, SPAN_PRINTF(span_skip(path, 1)));
    else
        place->path = arena_text(arena, path);
    if (place->path[0] == '/' && strstr(place->path, "/../") == NULL)
        return true;
    error_set(err, ERROR_PERMANENT, "\"%s\" is no place for a mailbox", place->path);
    return false;
}

/* "maildir:PATH" or "mbox:FOLDERS:INBOX=PATH", as Dovecot's mail_location; PATH may begin with "~/". Options
 * that would put things elsewhere are not obeyed, and therefore not taken. */
static bool parse_location(const char *location, struct arena *arena, struct mailbox_place *place,
                           struct error *err)
{
    struct span options = span_text(location), kind = span_take_until(&options, ':'),
                path = span_take_until(&options, ':');

    if (span_equal_text(kind, "maildir") && options.len == 0) {
        place->format = MAILBOX_MAILDIR;
        return set_path(place, arena, path, err);
    }
    if (span_equal_text(kind, "mbox") && span_starts_with(options, "INBOX=") &&
        span_find(options, ':') == options.len) {
        place->format = MAILBOX_MBOX;
        return set_path(place, arena, span_skip(options, 6), err);
    }
    error_set(err, ERROR_PERMANENT, "the mail location \"%s\" is not supported", location);
    return false;
}

/* --- somebody to whom no mail is delivered here ------------------------------------------------------------- */

static const char *either(const char *own, const char *template)
{
    return own != NULL && own[0] != '\0' ? own : template;
}

static enum map_result complain(struct error *err)
{
    err->kind = ERROR_TEMPORARY;
    return MAP_UNAVAILABLE;
}

static bool is_in_tree(const char *path)
{
    return path[0] == '/' && strstr(path, "/../") == NULL && strstr(path, "//") == NULL;
}

static enum map_result build(const struct config *config, struct mailbox_finder *finder,
                             const struct username_variables *variables,
                             const struct passwd_entry *entry, struct arena *arena,
                             struct mailbox_place *place_r, struct error *err)
{
    static const struct passwd_entry nothing = {0};
    struct username_variables with_home = *variables;
    const char *uid, *gid, *home, *location;

    if (entry == NULL)
        entry = &nothing;
    uid = either(entry->uid, config->auth_mailbox_uid);
    gid = either(entry->gid, config->auth_mailbox_gid);
    home = either(entry->home, config->auth_mailbox_home);
    location = either(entry->mail, config->auth_mailbox_location);
    if (uid[0] == '\0' || gid[0] == '\0' || home[0] == '\0')
        return MAP_ABSENT;
    *place_r = (struct mailbox_place){.format = MAILBOX_MAILDIR};
    if (!find_uid(uid, &place_r->uid) || !find_gid(gid, &place_r->gid)) {
        error_set(err, ERROR_TEMPORARY, "no such account or group: %s, %s", uid, gid);
        return MAP_UNAVAILABLE;
    }
    if (home == config->auth_mailbox_home)
        home = username_expand(home, variables, arena, err);
    if (home == NULL)
        return complain(err);
    if (!is_in_tree(home)) {
        error_set(err, ERROR_TEMPORARY, "\"%s\" is no home directory", home);
        return MAP_UNAVAILABLE;
    }
    place_r->home = arena_copy(arena, home);
    with_home.home = place_r->home;
    location = username_expand(either(location, MAILDIR_UNDER_HOME), &with_home, arena, err);
    if (location == NULL || !parse_location(location, arena, place_r, err))
        return complain(err);
    if (entry->quota_rule != NULL && quota_parse(span_text(entry->quota_rule), &place_r->quota) &&
        entry->quota_rule[0] != '\0')
        return MAP_FOUND;
    return mailbox_find_quota(finder, variables->user, place_r, err);
}

enum map_result place_find(const struct config *config, struct mailbox_finder *finder,
                           const struct username_variables *variables,
                           const struct passwd_entry *entry, struct arena *arena,
                           struct mailbox_place *place_r, struct error *err)
{
    enum map_result result;

    if (entry != NULL && entry->mail[0] != '\0')
        return build(config, finder, variables, entry, arena, place_r, err);
    result = mailbox_find_login(finder, variables->user, arena, place_r, err);
    return result == MAP_ABSENT ? build(config, finder, variables, entry, arena, place_r, err)
                                : result;
}
