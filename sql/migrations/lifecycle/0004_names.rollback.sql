drop function _fold_name(text);
