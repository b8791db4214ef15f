/*
 * Where mailboxes are. The finder keeps its tables open and opens them again when they change: its
 * callers (virtual, local, auth) run for long and are not chrooted.
 */
#include "lib/base/base.h"

#include "lib/delivery/mailbox.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/map/match_list.h"

#include <pwd.h>
#include <sys/stat.h>

#define LOOK_AGAIN_MS 1000 /* how often tables are looked at for changes */
#define VALUE_MAX     4096
#define ADDRESS_KEYS  (ADDRESS_KEY_FULL | ADDRESS_KEY_NO_EXT | ADDRESS_KEY_DOMAIN)

struct mailbox_finder {
    const struct config *config;
    bool through_proxy;
    int64_t looked_ms;
    struct maps *mailboxes, *uids, *gids, *quotas;
    struct match_list *virtual_domains, *local_domains;
    map_watch *watch; /* NULL: nobody looks on */
    void *watch_context;
};

/* --- the tables ------------------------------------------------------------------------------------------ */

static void watch_tables(struct mailbox_finder *finder)
{
    map_watch *watch = finder->watch;
    void *context = finder->watch_context;

    maps_watch(finder->mailboxes, "virtual_mailbox_maps", watch, context);
    maps_watch(finder->uids, "virtual_uid_maps", watch, context);
    maps_watch(finder->gids, "virtual_gid_maps", watch, context);
    match_list_watch(finder->virtual_domains, watch, context);
    match_list_watch(finder->local_domains, watch, context);
}

void mailbox_finder_watch(struct mailbox_finder *finder, map_watch *watch, void *context)
{
    finder->watch = watch;
    finder->watch_context = context;
    watch_tables(finder);
}

static void open_tables(struct mailbox_finder *finder)
{
    const struct config *config = finder->config;
    const bool proxy = finder->through_proxy;

    finder->mailboxes = maps_open_trusted(config, config->virtual_mailbox_maps, proxy);
    finder->uids = maps_open_trusted(config, config->virtual_uid_maps, proxy);
    finder->gids = maps_open_trusted(config, config->virtual_gid_maps, proxy);
    finder->quotas = maps_open(config, config->mailbox_quota_maps, proxy);
    finder->virtual_domains = match_list_create(
        config, "virtual_mailbox_domains", config->virtual_mailbox_domains, MATCH_STRING, proxy);
    finder->local_domains =
        match_list_create(config, "mydestination", config->mydestination, MATCH_STRING, proxy);
    watch_tables(finder);
}

static void close_tables(struct mailbox_finder *finder)
{
    maps_free(&finder->mailboxes);
    maps_free(&finder->uids);
    maps_free(&finder->gids);
    maps_free(&finder->quotas);
    match_list_free(&finder->virtual_domains);
    match_list_free(&finder->local_domains);
}

static void refresh(struct mailbox_finder *finder)
{
    int64_t now = clock_monotonic_ms();

    if (now - finder->looked_ms < LOOK_AGAIN_MS)
        return;
    finder->looked_ms = now;
    if (!maps_changed(finder->mailboxes) && !maps_changed(finder->uids) &&
        !maps_changed(finder->gids) && !maps_changed(finder->quotas) &&
        !match_list_changed(finder->virtual_domains) && !match_list_changed(finder->local_domains))
        return;
    close_tables(finder);
    open_tables(finder);
}

struct mailbox_finder *mailbox_finder_create(const struct config *config, bool through_proxy)
{
    struct mailbox_finder *finder = mem_new(struct mailbox_finder);

    finder->config = config;
    finder->through_proxy = through_proxy;
    finder->looked_ms = clock_monotonic_ms();
    open_tables(finder);
    return finder;
}

void mailbox_finder_free(struct mailbox_finder **finder)
{
    if (*finder == NULL)
        return;
    close_tables(*finder);
    mem_free(*finder);
    *finder = NULL;
}

/* --- paths ------------------------------------------------------------------------------------------------- */

/* A name that ends in a slash is a Maildir; the slash itself goes. */
static void set_path(struct mailbox_place *place, char *path)
{
    size_t len = strlen(path);

    place->format = len > 0 && path[len - 1] == '/' ? MAILBOX_MAILDIR : MAILBOX_MBOX;
    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    place->path = path;
}

static bool has_parent_step(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2)
        if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/'))
            return true;
    return false;
}

static const char *directory_of(struct arena *arena, const char *path)
{
    struct span whole = span_text(path);
    size_t slash = span_find_last(whole, '/');

    return slash == whole.len || slash == 0 ? "/" : arena_text(arena, span_first(whole, slash));
}

/* --- quota ------------------------------------------------------------------------------------------------- */

static enum map_result bad_quota(const char *parameter, const char *text, struct error *err)
{
    error_set(err, ERROR_TEMPORARY, "%s: \"%s\" is no quota", parameter, text);
    log_warning("%s", err->text);
    return MAP_UNAVAILABLE;
}

/* By the table, or else what all have. */
enum map_result mailbox_find_quota(struct mailbox_finder *finder, const char *name,
                                   struct mailbox_place *place, struct error *err)
{
    const struct config *config = finder->config;
    struct buf value = BUF(VALUE_MAX);
    enum map_result result = maps_find_address(finder->quotas, span_text(name), ADDRESS_KEYS, false,
                                               extension_rule_of(config), &value, NULL, err);

    if (result == MAP_FOUND && !quota_parse(buf_span(&value), &place->quota)) {
        result = bad_quota("mailbox_quota_maps", buf_text(&value), err);
    } else if (result == MAP_ABSENT) {
        result = MAP_FOUND;
        if (!quota_parse(span_text(config->mailbox_quota), &place->quota))
            result = bad_quota("mailbox_quota", config->mailbox_quota, err);
        place->quota.is_default = true;
    }
    place->quota.is_tree = strcmp(config->mailbox_layout, "fs") == 0;
    buf_release(&value);
    return result;
}

/* --- virtual mailboxes ------------------------------------------------------------------------------------ */

static enum map_result find_id(struct maps *maps, const char *address, const char *parameter,
                               uint64_t minimum, struct extension_rule rule, uint64_t *id_r,
                               struct error *err)
{
    struct buf value = BUF(VALUE_MAX);
    enum map_result result =
        maps_find_address(maps, span_text(address), ADDRESS_KEYS, false, rule, &value, NULL, err);

    if (result == MAP_ABSENT) {
        error_set(err, ERROR_TEMPORARY, "recipient %s: not found in %s", address, parameter);
        result = MAP_UNAVAILABLE;
    } else if (result == MAP_FOUND &&
               (!span_to_u64(buf_span(&value), UINT32_MAX - 1, id_r) || *id_r < minimum)) {
        error_set(err, ERROR_TEMPORARY, "recipient %s: bad %.3s %s in %s", address,
                  parameter + strlen("virtual_"), buf_text(&value), parameter);
        result = MAP_UNAVAILABLE;
    }
    if (result == MAP_UNAVAILABLE)
        log_warning("%s", err->text);
    buf_release(&value);
    return result;
}

static enum map_result find_owner(struct mailbox_finder *finder, const char *address,
                                  struct mailbox_place *place, struct error *err)
{
    const struct config *config = finder->config;
    const uint64_t minimum =
        config->virtual_minimum_uid < 1 ? 1 : (uint64_t)config->virtual_minimum_uid;
    uint64_t uid, gid;
    enum map_result result = find_id(finder->uids, address, "virtual_uid_maps", minimum,
                                     extension_rule_of(config), &uid, err);

    if (result == MAP_FOUND)
        result = find_id(finder->gids, address, "virtual_gid_maps", 1, extension_rule_of(config),
                         &gid, err);
    if (result != MAP_FOUND)
        return result;
    place->uid = (uid_t)uid;
    place->gid = (gid_t)gid;
    return MAP_FOUND;
}

enum map_result mailbox_find_virtual(struct mailbox_finder *finder, const char *address,
                                     struct arena *arena, struct mailbox_place *place_r,
                                     struct error *err)
{
    const char *base = finder->config->virtual_mailbox_base;
    struct buf value = BUF(VALUE_MAX);
    enum map_result result;

    refresh(finder);
    *place_r = (struct mailbox_place){0};
    result = maps_find_address(finder->mailboxes, span_text(address), ADDRESS_KEYS, false,
                               extension_rule_of(finder->config), &value, NULL, err);
    if (result == MAP_FOUND && (value.len == 0 || has_parent_step(buf_text(&value)))) {
        error_set(err, ERROR_TEMPORARY, "virtual_mailbox_maps: \"%s\" is no mailbox for %s",
                  buf_text(&value), address);
        log_warning("%s", err->text);
        result = MAP_UNAVAILABLE;
    }
    if (result == MAP_FOUND) {
        const char *text = buf_text(&value);
        set_path(place_r, base[0] == '\0' ? arena_copy(arena, text)
                                          : arena_printf(arena, "%s/%s", base, text));
        place_r->home = directory_of(arena, place_r->path);
        result = find_owner(finder, address, place_r, err);
        if (result == MAP_FOUND)
            result = mailbox_find_quota(finder, address, place_r, err);
    }
    buf_release(&value);
    return result;
}

/* --- UNIX accounts --------------------------------------------------------------------------------------- */

static enum map_result find_account(const char *user, struct passwd *account, char *texts,
                                    size_t size, struct error *err)
{
    struct passwd *found = NULL;
    int status = getpwnam_r(user, account, texts, size, &found);

    if (found != NULL)
        return MAP_FOUND;
    if (status == 0 || status == ENOENT || status == ESRCH)
        return MAP_ABSENT;
    errno = status;
    error_errno(err, "look up account %s", user);
    return MAP_UNAVAILABLE;
}

enum map_result mailbox_find_local(struct mailbox_finder *finder, const char *user,
                                   struct arena *arena, struct mailbox_place *place_r,
                                   struct error *err)
{
    const struct config *config = finder->config;
    const char *spool = config->mail_spool_directory;
    struct passwd account;
    char texts[16384];
    enum map_result result;

    *place_r = (struct mailbox_place){0};
    if (user[0] == '\0' || strchr(user, '/') != NULL)
        return MAP_ABSENT;
    result = find_account(user, &account, texts, sizeof(texts), err);
    if (result != MAP_FOUND)
        return result;
    place_r->user = arena_copy(arena, account.pw_name);
    place_r->home = arena_copy(arena, account.pw_dir);
    place_r->uid = account.pw_uid;
    place_r->gid = account.pw_gid;
    if (config->home_mailbox[0] != '\0')
        set_path(place_r, arena_printf(arena, "%s/%s", account.pw_dir, config->home_mailbox));
    else if (spool[0] != '\0' && spool[strlen(spool) - 1] == '/')
        set_path(place_r, arena_printf(arena, "%s%s/", spool, account.pw_name));
    else
        set_path(place_r, arena_printf(arena, "%s/%s", spool, account.pw_name));
    return mailbox_find_quota(finder, account.pw_name, place_r, err);
}

bool mailbox_has_home(const struct mailbox_place *account, struct error *err)
{
    struct stat status;

    if (stat(account->home, &status) == 0)
        return true;
    error_errno(err, "cannot access home directory %s", account->home);
    return false;
}

/* --- login names -------------------------------------------------------------------------------------------- */

enum map_result mailbox_find_login(struct mailbox_finder *finder, const char *login,
                                   struct arena *arena, struct mailbox_place *place_r,
                                   struct error *err)
{
    struct span name = span_text(login);
    size_t at = span_find_last(name, '@');
    struct span domain = span_skip(name, at + 1);
    enum map_result result;

    refresh(finder);
    if (at == name.len)
        return mailbox_find_local(finder, login, arena, place_r, err);
    result = match_list_name(finder->virtual_domains, domain, err);
    if (result == MAP_FOUND)
        return mailbox_find_virtual(finder, login, arena, place_r, err);
    if (result == MAP_ABSENT)
        result = match_list_name(finder->local_domains, domain, err);
    if (result == MAP_FOUND)
        return mailbox_find_local(finder, arena_text(arena, span_first(name, at)), arena, place_r,
                                  err);
    return result;
}
