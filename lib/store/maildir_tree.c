/* Mailboxes in directories of directories: "Sent/2024" beside tmp/, new/ and cur/ of the INBOX. */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/store/name.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* --- listing ----------------------------------------------------------------------------------- */

#define DIRECTORIES_MAX                                                                            \
    20000 /* that are looked at: links that go in circles make any number of them */

typedef void visit_directory(void *context, int fd, const char *on_disk);

struct tree_walk {
    visit_directory *visit;
    void *context;
    struct buf path;
    size_t seen;
};

static void walk_tree(struct tree_walk *walk, int fd);

static void walk_entry(struct tree_walk *walk, int directory, const char *name)
{
    size_t len = walk->path.len;
    int fd;

    if (layout_is_reserved(name) || walk->seen == DIRECTORIES_MAX ||
        (len > 0 && !buf_append_char(&walk->path, '/')))
        return;
    /* Names are bounded, and so is the depth, even where links make a circle. */
    if (buf_append_text(&walk->path, name)) {
        fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) {
            walk->seen++;
            walk->visit(walk->context, fd, buf_text(&walk->path));
            walk_tree(walk, fd);
        }
    }
    buf_truncate(&walk->path, len);
}

/* Takes the descriptor. */
static void walk_tree(struct tree_walk *walk, int fd)
{
    DIR *entries = fdopendir(fd);
    struct dirent *entry;

    if (entries == NULL) {
        fd_close(&fd);
        return;
    }
    while ((entry = readdir(entries)) != NULL) {
        if (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
            walk_entry(walk, dirfd(entries), entry->d_name);
    }
    closedir(entries);
}

static bool walk_account(struct store *store, visit_directory *visit, void *context,
                         struct error *err)
{
    struct tree_walk walk = {visit, context, BUF(MAILBOX_NAME_MAX), 0};
    int fd = openat(store->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        error_errno(err, "open %s", store->folders);
        return false;
    }
    walk_tree(&walk, fd);
    buf_release(&walk.path);
    return true;
}

struct listing {
    struct store *store;
    struct arena *arena;
    struct strlist *names;
};

static void add_mailbox(void *context, int fd, const char *on_disk)
{
    struct listing *listing = context;
    const char *name = layout_name(listing->store, on_disk, listing->arena), *checked;

    if (name != NULL && faccessat(fd, "cur", F_OK, 0) == 0 &&
        mailbox_name_check(listing->arena, span_text(name), listing->store->separator, &checked,
                           NULL) &&
        strcmp(name, checked) == 0 && strcmp(name, "INBOX") != 0)
        strlist_add(listing->names, name);
}

bool maildir_tree_list(struct store *store, struct strlist *names, struct error *err)
{
    struct listing listing = {store, arena_create(), names};
    bool done = walk_account(store, add_mailbox, &listing, err);

    arena_free(&listing.arena);
    return done;
}

static void add_directory(void *context, int fd UNUSED, const char *on_disk)
{
    strlist_add(context, on_disk);
}

/* --- removal and renaming ------------------------------------------------------------------------ */

static bool is_mailbox_part(const struct dirent *entry)
{
    return strcmp(entry->d_name, "new") == 0 || strcmp(entry->d_name, "tmp") == 0 ||
           strcmp(entry->d_name, "courierimapkeywords") == 0 || entry->d_type == DT_REG;
}

/* cur/ goes first: without it, it is no mailbox any more. Mailboxes below it stay. */
bool maildir_tree_remove(const char *path, int trash, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries;
    struct dirent *entry;

    if (fd < 0 || renameat(fd, "cur", trash, "cur") != 0) {
        error_errno(err, "remove %s", path);
        fd_close(&fd);
        return false;
    }
    entries = fdopendir(fd);
    if (entries == NULL) {
        fd_close(&fd);
        return true;
    }
    while ((entry = readdir(entries)) != NULL) {
        if (is_mailbox_part(entry))
            (void)renameat(fd, entry->d_name, trash, entry->d_name);
    }
    closedir(entries);
    (void)rmdir(path);
    return true;
}

void maildir_tree_make_parents(const struct store *store, const char *path)
{
    char *copy = mem_text(path);

    for (char *slash = copy + strlen(store->folders) + 1; (slash = strchr(slash, '/')) != NULL;
         *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(copy, 0700);
    }
    mem_free(copy);
}

/* --- what to watch ----------------------------------------------------------------------------- */

const char *const *maildir_tree_watch_names(struct store *store, struct arena *arena)
{
    struct strlist directories = STRLIST_EMPTY;
    const char **watched;

    (void)!walk_account(store, add_directory, &directories, &(struct error){0});
    watched = arena_array(arena, const char *, directories.count + 2);
    watched[0] = arena_copy(arena, store->folders);
    for (size_t i = 0; i < directories.count; i++)
        watched[i + 1] = arena_printf(arena, "%s/%s", store->folders, directories.items[i]);
    strlist_release(&directories);
    return watched;
}
