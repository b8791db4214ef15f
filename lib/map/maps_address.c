/*
 * Looking an address up in tables that map addresses: the keys in Postfix's order, in one question
 * (lib/map/map.h). Source: ADDRESS_REWRITING_README, virtual(5).
 */
#include "lib/map/map.h"

#include "lib/message/address.h"

#define KEYS_MAX 9

struct address_keys {
    struct span keys[KEYS_MAX];
    bool partial[KEYS_MAX];
    bool without_extension[KEYS_MAX];
    size_t count;
};

static void add(struct address_keys *all, struct span key, bool partial, bool without_extension)
{
    all->keys[all->count] = key;
    all->partial[all->count] = partial;
    all->without_extension[all->count++] = without_extension;
}

/* The form in which tables have an address whose localpart needs quotes; else the same. */
static struct span quoted(struct arena *arena, struct span address)
{
    return span_text(address_quote(arena, arena_text(arena, address)));
}

/* user@domain, in external form first where that is another. */
static void add_address(struct address_keys *all, struct arena *arena, struct span address,
                        bool partial, bool without_extension)
{
    struct span external = quoted(arena, address);

    if (!span_equal(external, address))
        add(all, external, partial, without_extension);
    add(all, address, partial, without_extension);
}

/* The localpart alone, in the same forms; never an address to patterns. */
static void add_localpart(struct address_keys *all, struct arena *arena, struct span localpart,
                          struct span domain, bool without_extension)
{
    struct span external = quoted(
        arena,
        span_text(arena_printf(arena, "%.*s%.*s", SPAN_PRINTF(localpart), SPAN_PRINTF(domain))));

    external = span_first(external, span_find_last(external, '@'));
    if (!span_equal(external, localpart))
        add(all, external, true, without_extension);
    add(all, localpart, true, without_extension);
}

struct extension_rule extension_rule_of(const struct config *config)
{
    return (struct extension_rule){
        .delimiters = config->recipient_delimiter,
        .double_bounce = config->double_bounce_sender,
        .splits_owner_request = !config->owner_request_special,
    };
}

enum map_result maps_find_address(struct maps *maps, struct span address, int keys, bool is_local,
                                  struct extension_rule rule, struct buf *value_r,
                                  struct span *extension_r, struct error *err)
{
    struct arena *arena;
    struct address_keys all = {.count = 0};
    size_t at = span_find_last(address, '@');
    struct span localpart = span_first(address, at);
    struct span domain = span_skip(address, at); /* with its @; empty when there is none */
    struct span user;
    struct span extension;
    bool has_extension = address_split_extension(rule, localpart, &user, &extension);
    enum map_result result;
    size_t hit;

    if (extension_r != NULL)
        *extension_r = SPAN_EMPTY;
    buf_clear(value_r);
    if (maps_is_empty(maps) || address.len == 0)
        return MAP_ABSENT;
    arena = arena_create();
    if ((keys & ADDRESS_KEY_FULL) != 0)
        add_address(&all, arena, address, false, false);
    if ((keys & ADDRESS_KEY_NO_EXT) != 0 && has_extension)
        add_address(
            &all, arena,
            span_text(arena_printf(arena, "%.*s%.*s", SPAN_PRINTF(user), SPAN_PRINTF(domain))),
            true, true);
    if ((keys & ADDRESS_KEY_LOCALPART) != 0 && is_local && domain.len > 0) {
        add_localpart(&all, arena, localpart, domain, false);
        if (has_extension)
            add_localpart(&all, arena, user, domain, true);
    }
    if ((keys & ADDRESS_KEY_DOMAIN) != 0 && domain.len > 1)
        add(&all, domain, true, false);
    result =
        maps_find_keys(maps, all.keys, all.partial, all.count, MAP_FOLD_KEY, value_r, &hit, err);
    if (result == MAP_FOUND && extension_r != NULL && all.without_extension[hit])
        *extension_r = extension;
    arena_free(&arena);
    return result;
}
