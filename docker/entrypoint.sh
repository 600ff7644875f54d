#!/bin/sh
# Makes a cluster where there is none and runs it in the foreground. Arguments go to postgres: -c name=value.
set -eu

: "${POSTGRES_PASSWORD:?name a password for the superuser postgres}"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    password=$(mktemp)
    printf '%s\n' "$POSTGRES_PASSWORD" > "$password"
    initdb --pgdata="$PGDATA" --username=postgres --pwfile="$password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync > /dev/null
    rm -f "$password"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
fi

# Background workers: pg_cron then needs no password of its own to run a job.
exec postgres -D "$PGDATA" \
    -c listen_addresses='*' \
    -c shared_preload_libraries=pg_cron \
    -c cron.database_name=postgres \
    -c cron.use_background_workers=on \
    -c max_worker_processes=32 \
    "$@"
