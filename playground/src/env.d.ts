/** Hash of what the browser's database is made of, and when it was made, in milliseconds. */
declare const __DATA__: string;
declare const __DATA_AT__: number;
