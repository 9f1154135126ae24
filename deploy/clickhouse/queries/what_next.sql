-- What do accounts do next from a stage, and does it matter which trigger they reached? By the history of all accounts.
-- Parameters: stage
SELECT if(trigger = '', '(any)', trigger) AS after, next_stage, probability, median_days, took, moved, waiting
FROM next_steps
WHERE stage = {stage:String}
ORDER BY trigger, probability DESC, next_stage
