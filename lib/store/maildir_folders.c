/* Which mailboxes there are, and making, removing and renaming them: Maildir++, or a tree (maildir_tree.c). */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/store/name.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define TRASH_PREFIX "..buzon-" /* a mailbox on its way out; two dots: no name of a mailbox */

static bool is_inbox(const char *name)
{
    return strcmp(name, "INBOX") == 0;
}

static bool is_tree(const struct store *store)
{
    return store->settings.layout == LAYOUT_TREE;
}

static bool is_directory(int directory, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return entry->d_type == DT_DIR;
    return fstatat(directory, entry->d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

/* Everything below a directory, as far as a Maildir goes: files, and directories of files. What is left
 * over by a failure is found again by its name. */
static void remove_tree(int directory, const char *name, int depth)
{
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (entries == NULL) {
        fd_close(&fd);
        return;
    }
    while ((entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) != 0 && (errno == EISDIR || errno == EPERM) && depth > 0)
            remove_tree(fd, entry->d_name, depth - 1);
    }
    closedir(entries);
    unlinkat(directory, name, AT_REMOVEDIR);
}

/* ".Sent" is a mailbox, if clients can call it so. */
static void add_folder(struct store *store, const char *file_name, struct arena *arena,
                       struct strlist *names)
{
    const char *name = layout_name(store, file_name + 1, arena), *checked;

    if (name != NULL &&
        mailbox_name_check(arena, span_text(name), store->separator, &checked, NULL) &&
        !is_inbox(name) && strcmp(name, checked) == 0)
        strlist_add(names, name);
}

bool maildir_list(struct store *store, struct strlist *names, struct error *err)
{
    DIR *entries = opendir(store->folders);
    struct arena *arena = arena_create();
    struct dirent *entry;

    if (entries == NULL) {
        error_errno(err, "open %s", store->folders);
        arena_free(&arena);
        return false;
    }
    while ((entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.' || !is_directory(dirfd(entries), entry))
            continue;
        if (strncmp(entry->d_name, TRASH_PREFIX, strlen(TRASH_PREFIX)) == 0)
            remove_tree(dirfd(entries), entry->d_name, 2);
        else if (!is_tree(store))
            add_folder(store, entry->d_name, arena, names);
    }
    closedir(entries);
    arena_free(&arena);
    return !is_tree(store) || maildir_tree_list(store, names, err);
}

bool maildir_exists(struct store *store, const char *name)
{
    char *path = layout_path(store, name), *cur = NULL;
    struct stat status;
    bool exists;

    if (path != NULL && is_tree(store)) /* else it is only the parent of others */
        cur = mem_printf("%s/cur", path);
    exists =
        path != NULL && stat(cur == NULL ? path : cur, &status) == 0 && S_ISDIR(status.st_mode);
    mem_free(cur);
    mem_free(path);
    return exists;
}

bool maildir_make(struct store *store, const char *name, struct error *err)
{
    char *path = layout_path(store, name), *mark;
    bool done;
    int fd;

    if (path == NULL) {
        error_set(err, ERROR_PERMANENT, "Invalid mailbox name");
        return false;
    }
    mark = mem_printf("%s/maildirfolder", path);
    done = maildir_create(path, err);
    if (done && !is_inbox(name) &&
        !is_tree(store)) { /* delivery agents tell a folder from an account by it */
        fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        fd_close(&fd);
    }
    mem_free(mark);
    mem_free(path);
    return done;
}

static bool move_to_trash(struct store *store, const char *path, const char *trash_name,
                          struct error *err)
{
    int trash;
    bool done;

    if (!is_tree(store)) {
        if (renameat(AT_FDCWD, path, store->root, trash_name) == 0)
            return true;
        error_errno(err, "remove %s", path);
        return false;
    }
    trash = mkdirat(store->root, trash_name, 0700) != 0
                ? -1
                : openat(store->root, trash_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = trash >= 0 && maildir_tree_remove(path, trash, err);
    if (trash < 0)
        error_errno(err, "create %s", trash_name);
    fd_close(&trash);
    return done;
}

bool maildir_delete(struct store *store, const char *name, struct error *err)
{
    struct timeval now = clock_wall();
    char *path = layout_path(store, name);
    char *trash_name = mem_printf(TRASH_PREFIX "%lld.%06ld.%ld", (long long)now.tv_sec,
                                  (long)now.tv_usec, (long)getpid());
    bool done = path != NULL && move_to_trash(store, path, trash_name, err);

    if (done)
        remove_tree(store->root, trash_name, 2);
    else if (path == NULL || err->number == ENOENT)
        store_missing(err, name);
    mem_free(trash_name);
    mem_free(path);
    return done;
}

static bool rename_one(struct store *store, const char *old_name, const char *new_name,
                       struct error *err)
{
    char *from = layout_path(store, old_name), *to = layout_path(store, new_name);
    bool done;

    if (from == NULL || to == NULL) {
        error_set(err, ERROR_PERMANENT, "Invalid mailbox name");
        mem_free(from);
        mem_free(to);
        return false;
    }
    if (is_tree(store))
        maildir_tree_make_parents(store, to);
    done = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
    if (!done) {
        error_errno(err, "rename mailbox %s to %s", old_name, new_name);
        if (err->number != EEXIST && err->number != ENAMETOOLONG)
            err->kind = ERROR_TEMPORARY;
    }
    mem_free(from);
    mem_free(to);
    return done;
}

static bool rename_in_index(struct store *store, const char *old_name, const char *new_name)
{
    struct error err = {0};

    if (!index_begin_write(store->index, &err))
        return false;
    if (index_rename(store->index, old_name, new_name, &err))
        return index_commit(store->index, &err);
    index_abort(store->index);
    return false;
}

static bool rename_folder(struct store *store, const char *old_name, const char *new_name,
                          struct error *err)
{
    if (!rename_one(store, old_name, new_name, err))
        return false;
    if (!rename_in_index(store, old_name, new_name))
        log_warning("mailbox %s is not known to the index by its new name", old_name);
    return true;
}

static bool is_there(const struct store *store, const struct strlist *names, const char *name)
{
    if (strlist_has(names, name))
        return true;
    for (size_t i = 0; i < names->count && is_tree(store); i++) {
        if (mailbox_name_is_below(names->items[i], name, store->separator))
            return true; /* a directory of the tree, though no mailbox */
    }
    return false;
}

/* The parent first: then a crash leaves children under the old name, where they are still found. In a
 * tree it takes its children along. */
bool maildir_rename(struct store *store, const char *old_name, const char *new_name,
                    struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    bool done = maildir_list(store, &names, err);
    size_t renamed = 0;

    if (done && is_there(store, &names, old_name)) {
        done = rename_folder(store, old_name, new_name, err);
        renamed++;
    }
    for (size_t i = 0; i < names.count && done; i++) {
        char *child;
        if (!mailbox_name_is_below(names.items[i], old_name, store->separator))
            continue;
        child = mem_printf("%s%s", new_name, names.items[i] + strlen(old_name));
        if (is_tree(store))
            (void)!rename_in_index(store, names.items[i], child);
        else
            done = rename_folder(store, names.items[i], child, err);
        renamed++;
        mem_free(child);
    }
    strlist_release(&names);
    if (done && renamed == 0) {
        store_missing(err, old_name);
        return false;
    }
    return done && file_sync_directory(store->root, ".", err);
}

/* --- what to watch ---------------------------------------------------------------------------- */

const char *const *maildir_watch_mailbox(struct store *store, const char *name, struct arena *arena)
{
    const char **watched = arena_array(arena, const char *, 3);
    char *path = layout_path(store, name);

    if (path == NULL)
        return watched;
    watched[0] = arena_printf(arena, "%s/new", path);
    watched[1] = arena_printf(arena, "%s/cur", path);
    mem_free(path);
    return watched;
}

const char *const *maildir_watch_names(struct store *store, struct arena *arena)
{
    const char **watched;

    if (is_tree(store))
        return maildir_tree_watch_names(store, arena);
    watched = arena_array(arena, const char *, 2);
    watched[0] = arena_copy(arena, store->folders);
    return watched;
}

/* --- an open mailbox --------------------------------------------------------------------------- */

/* A folder that lost a part of it gets that again, by its descriptor: if it is just being removed, it stays so. */
static bool complete_folder(int directory, const char *name, struct error *err)
{
    char path[64];

    if (faccessat(directory, "cur", F_OK, 0) == 0)
        return true;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", directory);
    if (maildir_create(path, err))
        return true;
    if (err->number == ENOENT)
        store_missing(err, name);
    else
        error_prefix(err, "mailbox %s", name);
    return false;
}

static bool attach_maildir(struct mailbox *mailbox, struct error *err)
{
    char *path = layout_path(mailbox->store, mailbox->name);
    int directory = -1;

    errno = ENOENT;
    if (path != NULL && (!is_tree(mailbox->store) || is_inbox(mailbox->name) ||
                         maildir_exists(mailbox->store, mailbox->name)))
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0 && !complete_folder(directory, mailbox->name, err))
        fd_close(&directory);
    else if (directory < 0 && errno == ENOENT)
        store_missing(err, mailbox->name);
    else if (directory < 0)
        error_errno(err, "open mailbox %s", mailbox->name);
    if (directory < 0) {
        mem_free(path);
        return false;
    }
    mailbox->maildir = mem_new(struct maildir);
    *mailbox->maildir = (struct maildir){
        .directory = directory,
        .path = path,
        .unpacked = {.fd = -1},
        .watched = { mem_printf("%s/new", path), mem_printf("%s/cur", path), NULL},
    };
    return true;
}

static void detach_maildir(struct mailbox *mailbox)
{
    if (mailbox->maildir == NULL)
        return;
    fd_close(&mailbox->maildir->directory);
    fd_close(&mailbox->maildir->unpacked.fd);
    mem_free(mailbox->maildir->path);
    mem_free(mailbox->maildir->watched[0]);
    mem_free(mailbox->maildir->watched[1]);
    mem_free(mailbox->maildir);
    mailbox->maildir = NULL;
}

static const char *const *watch(const struct mailbox *mailbox)
{
    return (const char *const *)mailbox->maildir->watched;
}

static int keywords_directory(const struct mailbox *mailbox)
{
    return mailbox->maildir->directory;
}

static bool open_account(struct store *store, struct error *err)
{
    char *cur = mem_printf("%s/cur", store->settings.path);
    bool there = access(cur, F_OK) == 0 || maildir_create(store->settings.path, err);

    mem_free(cur);
    store->folders = mem_text(store->settings.path);
    return there;
}

const struct store_driver maildir_store = {
    .open = open_account,
    .list = maildir_list,
    .exists = maildir_exists,
    .create = maildir_make,
    .delete = maildir_delete,
    .rename = maildir_rename,
    .watch_mailbox = maildir_watch_mailbox,
    .watch_names = maildir_watch_names,
    .inbox = &maildir_driver,
    .folder = &maildir_driver,
};

const struct mailbox_driver maildir_driver = {
    .attach = attach_maildir,
    .detach = detach_maildir,
    .sync = maildir_sync,
    .keywords_directory = keywords_directory,
    .change_flags = maildir_change_flags,
    .expunge = maildir_expunge,
    .copy = maildir_copy,
    .open_message = maildir_open_message,
    .unpack = maildir_unpack,
    .pop3_uidls = maildir_pop3_uidls,
    .watch = watch,
    .save_date = maildir_save_date,
    .identity = maildir_identity,
    .begin_message = maildir_begin_message,
    .commit_messages = maildir_commit_messages,
    .drop_message = maildir_drop_message,
};
