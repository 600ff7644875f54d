/** Hash of the SQL that the browser's database is made of. */
declare const __DATA__: string;
