/* Match lists (lib/map/match_list.h). */
#include "lib/map/match_list.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/map/cidr.h"
#include "lib/map/map_fold.h"

#include <fcntl.h>

#define FILE_SIZE_MAX (64U * 1024 * 1024)
#define FILE_NEST_MAX 10 /* files that name files */
#define LABELS_MAX    130

enum item_kind { ITEM_LITERAL, ITEM_TABLE, ITEM_NETWORK, ITEM_BROKEN };

struct item {
    enum item_kind kind;
    bool negated;
    const char *text; /* arena's; of BROKEN the reason */
    struct maps *table;
    /* of BROKEN: its size is that of the addresses that it might be about; 0: of whatever is asked */
    struct cidr network;
};

struct match_list {
    const struct config *config;
    const char *parameter;
    enum match_kind kind;
    bool through_proxy;
    bool matches_subdomains; /* bare names do */
    struct arena *arena;
    struct item *items;
    size_t count, capacity;
    map_watch *watch; /* NULL: nobody looks on */
    void *watch_context;
};

static struct item *add_item(struct match_list *list, enum item_kind kind, bool negated,
                             const char *text)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        list->items = mem_resize(list->items, list->capacity, sizeof(struct item));
    }
    list->items[list->count] =
        (struct item){.kind = kind, .negated = negated, .text = arena_copy(list->arena, text)};
    return &list->items[list->count++];
}

/* It stands where the bad item stood: what is matched before it stays right. */
static struct item *add_broken(struct match_list *list, const char *reason)
{
    log_warning("%s: %s", list->parameter, reason);
    return add_item(list, ITEM_BROKEN, false, reason);
}

/* "[::1]" and "[v6]/mask" have colons too, but no table's type starts with a bracket. */
static bool is_table(const char *text)
{
    return text[0] != '[' && strchr(text, ':') != NULL;
}

/* Of addresses without a mask only those of IPv6 have more than one form, and so have to be read. */
static bool looks_like_network(const char *text)
{
    return strpbrk(text, ":/") != NULL && text[strspn(text, "0123456789abcdefABCDEF:.[]/")] == '\0';
}

/* A network that is malformed is trouble for those clients alone that it might be about. */
static void add_network(struct match_list *list, bool negated, const char *text)
{
    struct cidr network;
    struct error err;

    if (cidr_read(span_text(text), &network, &err))
        add_item(list, ITEM_NETWORK, negated, text)->network = network;
    else
        add_broken(list, err.text)->network.size = strchr(text, ':') == NULL ? 4 : 16;
}

static void add_text(struct match_list *list, const char *text, bool negated, unsigned depth);

/* The lines of a file are items; comments start a line. */
static void add_lines(struct match_list *list, const char *path, bool negated, unsigned depth)
{
    struct buf content = BUF(FILE_SIZE_MAX);
    struct error err;
    struct span rest;

    if (strcmp(path, "/dev/null") == 0)
        return; /* no file, and no trouble */
    if (depth >= FILE_NEST_MAX) {
        (void)add_broken(list, "too many levels of files in files");
    } else if (!file_read(AT_FDCWD, path, &content, &err)) {
        (void)add_broken(list, err.text);
    } else {
        rest = buf_span(&content);
        while (rest.len > 0) {
            struct span line = span_trim(span_take_until(&rest, '\n'));
            char *text;

            if (line.len == 0 || line.data[0] == '#')
                continue;
            text = mem_span(line);
            add_text(list, text, negated, depth + 1);
            mem_free(text);
        }
    }
    buf_release(&content);
}

static void add_one(struct match_list *list, const char *text, bool negated, unsigned depth)
{
    while (*text == '!') {
        negated = !negated;
        text++;
    }
    if (*text == '\0')
        (void)add_broken(list, "no pattern after '!'");
    else if (*text == '/')
        add_lines(list, text, negated, depth);
    else if (is_table(text))
        add_item(list, ITEM_TABLE, negated, text)->table =
            maps_open(list->config, text, list->through_proxy);
    else if (list->kind == MATCH_ADDRESS && looks_like_network(text))
        add_network(list, negated, text);
    else
        (void)add_item(list, ITEM_LITERAL, negated, text);
}

/* What somebody has put behind a # does not count: it must not let anybody in. */
static bool ends_here(const struct match_list *list, const struct strlist *items, size_t at)
{
    if (items->items[at][0] != '#')
        return false;
    log_warning("%s: comment at end of line is not supported: %s%s%s", list->parameter,
                items->items[at], at + 1 < items->count ? " " : "",
                at + 1 < items->count ? items->items[at + 1] : "");
    return true;
}

static void add_text(struct match_list *list, const char *text, bool negated, unsigned depth)
{
    struct strlist items = STRLIST_EMPTY;
    struct error err;

    if (strlist_split_config(&items, text, &err)) {
        for (size_t i = 0; i < items.count && !ends_here(list, &items, i); i++)
            add_one(list, items.items[i], negated, depth);
    } else {
        (void)add_broken(list, err.text);
    }
    strlist_release(&items);
}

struct match_list *match_list_create(const struct config *config, const char *parameter,
                                     const char *value, enum match_kind kind, bool through_proxy)
{
    struct match_list *list = mem_new(struct match_list);

    list->config = config;
    list->arena = arena_create();
    list->parameter = arena_copy(list->arena, parameter);
    list->kind = kind;
    list->through_proxy = through_proxy;
    list->matches_subdomains =
        strlist_text_has(config->parent_domain_matches_subdomains, ", \t\r\n", parameter);
    add_text(list, value, false, 0);
    return list;
}

void match_list_free(struct match_list **list)
{
    if (*list == NULL)
        return;
    for (size_t i = 0; i < (*list)->count; i++)
        maps_free(&(*list)->items[i].table);
    mem_free((*list)->items);
    arena_free(&(*list)->arena);
    mem_free(*list);
    *list = NULL;
}

bool match_list_changed(const struct match_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].table != NULL && maps_changed(list->items[i].table))
            return true;
    }
    return false;
}

/* A domain's parents too: with their dot, or bare where bare names match subdomains. */
static size_t list_keys(const struct match_list *list, struct span name, bool is_domain,
                        struct span keys[LABELS_MAX], bool partial[LABELS_MAX])
{
    size_t count = 0;

    keys[count] = name;
    partial[count++] = false;
    while (is_domain && count < LABELS_MAX) {
        size_t dot = name.len == 0 ? 0 : 1 + span_find(span_skip(name, 1), '.');

        if (dot >= name.len)
            break;
        name = span_skip(name, list->matches_subdomains ? dot + 1 : dot);
        keys[count] = name;
        partial[count++] = true;
    }
    return count;
}

/* In lower case, also where that is not for the table to do: patterns, and keys of a texthash that have capitals. */
static enum map_result ask_table(const struct match_list *list, const struct item *item,
                                 struct span name, bool is_domain, struct error *err)
{
    struct span keys[LABELS_MAX];
    bool partial[LABELS_MAX];
    struct buf folded = BUF(BUF_UNLIMITED);
    struct buf value = BUF(BUF_UNLIMITED);
    bool is_folded = map_fold(name, list->config->smtputf8_enable, &folded);
    size_t count = list_keys(list, is_folded ? buf_span(&folded) : name, is_domain, keys, partial);
    enum map_result result =
        maps_find_keys(item->table, keys, partial, count, 0, &value, NULL, err);

    buf_release(&folded);
    buf_release(&value);
    return result;
}

static bool name_matches(const struct match_list *list, const char *pattern, struct span name)
{
    size_t len = strlen(pattern);
    bool below = len < name.len && span_ends_with_nocase(name, pattern);

    if (span_equal_text_nocase(name, pattern))
        return true;
    if (list->kind == MATCH_STRING || !below)
        return false;
    if (list->matches_subdomains)
        return name.data[name.len - len - 1] == '.';
    return pattern[0] == '.';
}

/* What an item may match. */
struct subject {
    struct span name;           /* or an address's text */
    const struct cidr *address; /* NULL: a name */
};

/* An address as it is written, in brackets or not: "192.0.2.1", "[192.0.2.1]". */
static bool address_matches(const char *pattern, struct span address)
{
    struct span text = span_text(pattern);

    if (span_starts_with(text, "[") && text.data[text.len - 1] == ']')
        text = span_of(text.data + 1, text.len - 2);
    return span_equal_nocase(text, address);
}

static bool literal_matches(const struct match_list *list, const char *pattern,
                            const struct subject *subject)
{
    if (subject->address != NULL)
        return address_matches(pattern, subject->name);
    return name_matches(list, pattern, subject->name);
}

/* Does this one item match? */
static enum map_result match_item(const struct match_list *list, const struct item *item,
                                  const struct subject *subject, struct error *err)
{
    const struct cidr *address = subject->address;
    bool matches = false;

    switch (item->kind) {
    case ITEM_LITERAL:
        matches = literal_matches(list, item->text, subject);
        break;
    case ITEM_TABLE:
        return ask_table(list, item, subject->name, address == NULL && list->kind != MATCH_STRING,
                         err);
    case ITEM_NETWORK:
        matches = address != NULL && cidr_contains(&item->network, address);
        break;
    case ITEM_BROKEN:
        if (item->network.size != 0 && (address == NULL || address->size != item->network.size))
            break;
        error_set(err, ERROR_TEMPORARY, "%s: %s", list->parameter, item->text);
        return MAP_UNAVAILABLE;
    }
    return matches ? MAP_FOUND : MAP_ABSENT;
}

void match_list_watch(struct match_list *list, map_watch *watch, void *context)
{
    list->watch = watch;
    list->watch_context = context;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].table != NULL)
            maps_watch(list->items[i].table, list->parameter, watch, context);
    }
}

static void tell(const struct match_list *list, const struct item *item, struct span name)
{
    const struct map_event event = {
        .parameter = list->parameter,
        .table = item->text,
        .key = name,
        .result = item->negated ? MAP_ABSENT : MAP_FOUND,
        .value = SPAN_EMPTY,
    };

    if (list->watch != NULL && item->kind != ITEM_TABLE)
        list->watch(list->watch_context, &event);
}

static enum map_result match(const struct match_list *list, const struct subject *subjects,
                             size_t count, struct error *err)
{
    for (size_t i = 0; i < list->count * count; i++) {
        const struct item *item = &list->items[i / count];
        const struct subject *subject = &subjects[i % count];
        enum map_result result = match_item(list, item, subject, err);

        if (result == MAP_UNAVAILABLE)
            return MAP_UNAVAILABLE;
        if (result == MAP_FOUND) {
            tell(list, item, subject->name);
            return item->negated ? MAP_ABSENT : MAP_FOUND;
        }
    }
    return MAP_ABSENT;
}

enum map_result match_list_name(struct match_list *list, struct span name, struct error *err)
{
    const struct subject subject = {name, NULL};

    return match(list, &subject, 1, err);
}

enum map_result match_list_client(struct match_list *list, struct span name,
                                  const struct address_socket *socket, struct error *err)
{
    struct subject subjects[2] = {
        {name, NULL}
    };
    struct cidr address;
    char text[SOCKET_TEXT_MAX];
    size_t count = 1;

    if (cidr_from_socket(socket, &address))
        subjects[count++] =
            (struct subject){span_text(socket_address_text(socket, text)), &address};
    return match(list, subjects, count, err);
}
