/* What a Maildir holds, counted by the names of its message files. */
#include "lib/base/base.h"

#include "lib/delivery/maildirsize.h"

#include "lib/base/file.h"
#include "lib/base/strlist.h"

#include <dirent.h>
#include <fcntl.h>

/* octets of a directory's path in a tree of mailboxes, and with it the depth: more than any name of a mailbox */
#define BRANCH_MAX 1024

/* ",S=1234" of a message file's name */
static bool size_of_name(const char *name, uint64_t *size_r)
{
    const char *at = strstr(name, ",S=");
    size_t len = at == NULL ? 0 : strspn(at + 3, "0123456789");

    return len > 0 && span_to_u64(span_of(at + 3, len), INT64_MAX / 2, size_r);
}

static void count_file(int directory, const char *name, struct maildirsize *size)
{
    struct stat status;
    uint64_t octets;

    if (!size_of_name(name, &octets)) {
        if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
            return; /* gone meanwhile, or no message */
        octets = (uint64_t)status.st_size;
    }
    size->storage += octets;
    size->messages++;
}

static DIR *open_entries(int directory, const char *path, int *fd_r)
{
    DIR *entries;

    *fd_r = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    entries = *fd_r < 0 ? NULL : fdopendir(*fd_r);
    if (entries == NULL) {
        int number = errno;
        fd_close(fd_r);
        errno = number;
    }
    return entries;
}

/* A missing directory is an empty one. */
static bool was_missing(const char *path, struct error *err)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return true;
    error_errno(err, "open %s", path);
    return false;
}

/* Entries of a directory, but those with a dot before them unless `hidden`. */
typedef bool visit_entry(int directory, const char *name, struct maildirsize *size,
                         struct error *err);

static bool visit_entries(int directory, const char *path, bool hidden, visit_entry *visit,
                          struct maildirsize *size, struct error *err)
{
    int fd = -1;
    DIR *entries = open_entries(directory, path, &fd);
    struct dirent *entry;
    bool done = true;

    if (entries == NULL)
        return was_missing(path, err);
    while (done && (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            (entry->d_name[0] == '.') == hidden)
            done = visit(fd, entry->d_name, size, err);
    }
    closedir(entries);
    return done;
}

static bool visit_message(int directory, const char *name, struct maildirsize *size,
                          struct error *err UNUSED)
{
    count_file(directory, name, size);
    return true;
}

static bool count_maildir(int directory, const char *path, struct maildirsize *size,
                          struct error *err)
{
    static const char *const parts[] = {"new", "cur"};
    bool done = true;

    for (size_t i = 0; i < ARRAY_LENGTH(parts) && done; i++) {
        char *part = mem_printf("%s/%s", path, parts[i]);
        done = visit_entries(directory, part, false, visit_message, size, err);
        mem_free(part);
    }
    return done;
}

static bool visit_folder(int directory, const char *name, struct maildirsize *size,
                         struct error *err)
{
    return count_maildir(directory, name, size, err);
}

static bool is_directory(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/* Those right below `path` are put behind those that are `left`. One whose path would be too long is no mailbox. */
static bool add_branches(int directory, const char *path, struct strlist *left, struct error *err)
{
    int fd = -1;
    DIR *entries = open_entries(directory, path, &fd);
    struct dirent *entry;

    if (entries == NULL)
        return was_missing(path, err);
    while ((entry = readdir(entries)) != NULL) {
        const char *name = entry->d_name;
        char *branch;
        if (name[0] == '.' || strcmp(name, "new") == 0 || strcmp(name, "cur") == 0 ||
            strcmp(name, "tmp") == 0 || !is_directory(fd, name))
            continue;
        branch = mem_printf("%s/%s", path, name);
        if (strlen(branch) < BRANCH_MAX)
            strlist_add(left, branch);
        mem_free(branch);
    }
    closedir(entries);
    return true;
}

/* Open is only the directory that is read, however deep the tree. */
static bool count_tree(int directory, struct maildirsize *size, struct error *err)
{
    struct strlist left = STRLIST_EMPTY;
    bool done = true;

    strlist_add(&left, ".");
    while (done && left.count > 0) {
        char *path = left.items[--left.count];
        done =
            count_maildir(directory, path, size, err) && add_branches(directory, path, &left, err);
        mem_free(path);
    }
    strlist_release(&left);
    return done;
}

bool maildirsize_count(int directory, struct maildirsize *size, struct error *err)
{
    if (size->limit.is_tree)
        return count_tree(directory, size, err);
    return count_maildir(directory, ".", size, err) &&
           visit_entries(directory, ".", true, visit_folder, size, err);
}
